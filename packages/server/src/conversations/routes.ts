import {
  type AccountId,
  ChangeMinimumRolesBody,
  Conversation,
  ConversationId,
  ConversationsAnswer,
  CreateGroupBody,
  conversationOfStream,
  GroupsQuery,
  isStorable,
  type MinimumRoles,
  OpenDirectBody,
  PublicGroupsPage,
  UpdateGroupBody,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { requesterOf } from '../http/requester.ts';
import { commandRequest, headers, OfConversation, security } from '../messages/requests.ts';
import { isServerAdmin } from '../minimum-roles.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import type { Append } from '../stream/append.ts';
import { createGroup, deleteGroup, openDirect } from './commands.ts';
import { conversationAfter } from './conversation-after.ts';
import type { GroupSettings } from './conversation-rule.ts';
import { refusalOfGroupCreation } from './group-creation.ts';
import { joinGroup, leaveGroup } from './members.ts';
import { publicGroups } from './queries.ts';
import { archiveGroup, changeMinimumRoles, restoreGroup, updateGroup } from './settings.ts';
import { conversationFor, conversationsOf } from './snapshot.ts';

/** The dependencies of the routes of members. */
export interface MemberDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  /** Rejects requests without a valid access token or API key. */
  readonly authenticate: onRequestAsyncHookHandler;
}

/** The dependencies of the conversation routes. */
export interface ConversationDeps extends MemberDeps {
  readonly settings: ServerSettings;
}

const GroupCursor = z.tuple([z.string().refine(isStorable), ConversationId]);

/**
 * Registers the routes of groups and direct conversations; member-routes.ts has those of their
 * members.
 */
export function conversationRoutes(instance: FastifyInstance, deps: ConversationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, settings, authenticate: onRequest } = deps;

  const show = async (account: AccountId, id: ConversationId) =>
    (await conversationFor(pool, account, id)) ?? refuse('conversation_not_found');
  const after = (account: AccountId, id: ConversationId) => conversationAfter(pool, account, id);

  app.route({
    method: 'GET',
    url: '/conversations',
    schema: {
      operationId: 'listConversations',
      tags: ['Conversations'],
      summary: 'List the conversations of the account',
      security,
      response: { 200: ConversationsAnswer, ...problems(401) },
    },
    onRequest,
    handler: async (request) => ({
      items: await conversationsOf(pool, sessionOf(request).account),
    }),
  });

  app.route({
    method: 'POST',
    url: '/conversations',
    schema: {
      operationId: 'createGroup',
      tags: ['Conversations'],
      summary: 'Create a group',
      security,
      headers,
      body: CreateGroupBody,
      response: { 201: Conversation, ...problems(401, 404, 410, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const r = requesterOf(request);
      const { stream } = storedOrRefuse(
        await createGroup(append, r, request.body, (tx) =>
          refusalOfGroupCreation(tx, r.actor, settings),
        ),
      );
      reply.code(201);
      return after(r.actor, conversationOfStream(stream));
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/direct',
    schema: {
      operationId: 'openDirect',
      tags: ['Conversations'],
      summary: 'Get or create the direct conversation with a user, or with several',
      description:
        'The same users have one direct conversation, of at most ten. Use your own account id for a conversation with yourself, for notes. Refused with `blocked` if a user has blocked you.',
      security,
      headers,
      body: OpenDirectBody,
      response: { 200: Conversation, ...problems(401, 403, 404, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const r = requesterOf(request);
      const { account, accounts = [] } = request.body;
      const others = account === undefined ? accounts : [account];
      const outcome = await openDirect(append, r, others);
      return after(r.actor, conversationOfStream(storedOrRefuse(outcome).stream));
    },
  });

  app.route({
    method: 'GET',
    url: '/groups',
    schema: {
      operationId: 'listGroups',
      tags: ['Conversations'],
      summary: 'List the public groups by name',
      security,
      description: 'Admins of the server can list the groups of one account with `member`.',
      querystring: GroupsQuery,
      response: { 200: PublicGroupsPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, member = null, ...part } = request.query;
      const { account, role } = sessionOf(request);
      if (member !== null && member !== account && !isServerAdmin(role)) refuse('forbidden');
      const cursor = pageCursor.read(after, GroupCursor);
      const from = cursor && { name: cursor[0], id: cursor[1] };
      const { items, next } = await publicGroups(pool, account, { ...part, after: from }, member);
      return { items, next: next && pageCursor.write([next.name, next.id]) };
    },
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id',
    schema: {
      operationId: 'getConversation',
      tags: ['Conversations'],
      summary: 'Get a conversation',
      security,
      params: OfConversation,
      response: { 200: Conversation, ...problems(401, 404) },
    },
    onRequest,
    handler: (request) => show(sessionOf(request).account, request.params.id),
  });

  app.route({
    method: 'PATCH',
    url: '/conversations/:id',
    schema: {
      operationId: 'updateGroup',
      tags: ['Conversations'],
      summary:
        'Change the name, topic, description or visibility of a group, its slow mode, or its link previews',
      description:
        'The settings of the group decide who may change its name, topic and description (`minimumRoles.rename`). Owners can change the visibility and the link previews; owners and admins can change the slow mode.',
      security,
      headers,
      params: OfConversation,
      body: UpdateGroupBody,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      // JSON has no undefined.
      const settings = request.body as GroupSettings;
      storedOrRefuse(await updateGroup(append, commandRequest(request, id), settings));
      return after(sessionOf(request).account, id);
    },
  });

  for (const [action, run, summary] of [
    ['archive', archiveGroup, 'Archive a group (owners)'],
    ['restore', restoreGroup, 'Restore an archived group (owners)'],
  ] as const) {
    app.route({
      method: 'POST',
      url: `/conversations/:id/${action}`,
      schema: {
        operationId: `${action}Group`,
        tags: ['Conversations'],
        summary,
        description:
          'An archived group keeps its members and its history. Every change of it is refused with `conversation_archived`, except leaving, restoring and deleting it.',
        security,
        headers,
        params: OfConversation,
        response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422) },
      },
      onRequest,
      handler: async (request) => {
        const { id } = request.params;
        storedOrRefuse(await run(append, commandRequest(request, id)));
        return after(sessionOf(request).account, id);
      },
    });
  }

  app.route({
    method: 'PATCH',
    url: '/conversations/:id/minimum-roles',
    schema: {
      operationId: 'changeMinimumRoles',
      tags: ['Conversations'],
      summary: 'Change who may do what in a group (owners)',
      description:
        'An announcement group has `post: "admin"`. In the group of everyone the owners and admins of the server are its owners.',
      security,
      headers,
      params: OfConversation,
      body: ChangeMinimumRolesBody,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      // JSON has no undefined.
      const minimumRoles = request.body as Partial<MinimumRoles>;
      storedOrRefuse(await changeMinimumRoles(append, commandRequest(request, id), minimumRoles));
      return after(sessionOf(request).account, id);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id',
    schema: {
      operationId: 'deleteGroup',
      tags: ['Conversations'],
      summary: 'Delete a group (owners)',
      security,
      headers,
      params: OfConversation,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(await deleteGroup(append, commandRequest(request, request.params.id)));
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/:id/join',
    schema: {
      operationId: 'joinGroup',
      tags: ['Conversations'],
      summary: 'Join a public group',
      security,
      headers,
      params: OfConversation,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      storedOrRefuse(await joinGroup(append, commandRequest(request, request.params.id)));
      return after(sessionOf(request).account, request.params.id);
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/:id/leave',
    schema: {
      operationId: 'leaveGroup',
      tags: ['Conversations'],
      summary: 'Leave a group',
      description: 'The last owner must transfer ownership first, unless it is the only member.',
      security,
      headers,
      params: OfConversation,
      response: { 204: z.null(), ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(await leaveGroup(append, commandRequest(request, request.params.id)));
      return reply.code(204).send(null);
    },
  });
}
