import {
  Conversation,
  ConversationId,
  ConversationsAnswer,
  GroupsQuery,
  isStorable,
  PublicGroupsPage,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { type Session, sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { OfConversation } from '../messages/routes/requests.ts';
import { isServerAdmin } from '../permissions/minimum-roles.ts';
import { withReadableMessage } from './conversation-after.ts';
import type { MemberDeps } from './member-routes.ts';
import { publicGroups } from './queries.ts';
import { conversationFor, conversationsOf } from './snapshot.ts';

type QueryRouteDeps = Pick<MemberDeps, 'pool' | 'authenticate'>;

const GroupCursor = z.tuple([z.string().refine(isStorable), ConversationId]);

/** Registers the route that lists the conversations of the account. */
export function listConversationsRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryRouteDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations',
    schema: {
      operationId: 'listConversations',
      tags: ['Conversations'],
      summary: 'List the conversations of the account',
      response: { 200: ConversationsAnswer, ...problems(401) },
    },
    onRequest,
    handler: async (request) => {
      const session = sessionOf(request);
      const conversations = await conversationsOf(pool, session.account);
      return { items: conversations.map((one) => withReadableMessage(session, one)) };
    },
  });
}

/** Registers the route that lists the public groups. */
export function listGroupsRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryRouteDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/groups',
    schema: {
      operationId: 'listGroups',
      tags: ['Conversations'],
      summary: 'List the public groups by name',
      description: 'Admins of the server can list the groups of one account with `member`.',
      querystring: GroupsQuery,
      response: { 200: PublicGroupsPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: (request) => groupsPage(pool, sessionOf(request), request.query),
  });
}

/** Returns a page of the public groups that the account may see, or of the groups of `member`. */
async function groupsPage(
  pool: pg.Pool,
  { account, role }: Session,
  { after, member, ...part }: z.output<typeof GroupsQuery>,
): Promise<z.output<typeof PublicGroupsPage>> {
  if (member !== undefined && member !== account && !isServerAdmin(role)) refuse('forbidden');
  const cursor = pageCursor.read(after, GroupCursor);
  const from = cursor && { name: cursor[0], id: cursor[1] };
  const { items, next } = await publicGroups(pool, account, { ...part, after: from }, member);
  return { items, next: next && pageCursor.write([next.name, next.id]) };
}

/** Registers the route that returns one conversation. */
export function getConversationRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryRouteDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id',
    schema: {
      operationId: 'getConversation',
      tags: ['Conversations'],
      summary: 'Get a conversation',
      params: OfConversation,
      response: { 200: Conversation, ...problems(401, 404) },
    },
    onRequest,
    handler: async (request) => {
      const session = sessionOf(request);
      const conversation = await conversationFor(pool, session.account, request.params.id);
      return withReadableMessage(session, conversation ?? refuse('conversation_not_found'));
    },
  });
}
