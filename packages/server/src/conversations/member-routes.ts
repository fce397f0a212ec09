import {
  AccountId,
  AddMemberBody,
  ChangeMemberBody,
  Conversation,
  ListQuery,
  Member,
  MembersPage,
  Seq,
  TransferOwnershipBody,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { commandRequest, headers, OfConversation } from '../messages/routes/requests.ts';
import type { Append } from '../stream/append.ts';
import { conversationAfter } from './conversation-after.ts';
import { addMember, changeMemberRole, removeMember, transferOwnership } from './members.ts';
import { memberOf, membersOf } from './queries.ts';

/** What the routes that change a conversation or its members need: they send commands, and read the result. */
export interface MemberDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  /** Rejects requests without a valid access token or API key. */
  readonly authenticate: onRequestAsyncHookHandler;
}

/** The parameters of routes about an account in a conversation. */
export const OfMember = OfConversation.extend({ account: AccountId });

/** Registers the routes of the members of conversations and their roles. */
export function memberRoutes(instance: FastifyInstance, deps: MemberDeps): void {
  listMembersRoute(instance, deps);
  addMemberRoute(instance, deps);
  removeMemberRoute(instance, deps);
  changeMemberRoleRoute(instance, deps);
  transferOwnershipRoute(instance, deps);
}

/** Registers the route that lists the members of a conversation. */
function listMembersRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: MemberDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/members',
    schema: {
      operationId: 'listMembers',
      tags: ['Members'],
      summary: 'List the members of a conversation in the order in which they joined',
      params: OfConversation,
      querystring: ListQuery,
      response: { 200: MembersPage, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, ...part } = request.query;
      const { account } = sessionOf(request);
      const page = await membersOf(pool, account, request.params.id, {
        ...part,
        after: pageCursor.read(after, Seq),
      });
      if (!page) refuse('conversation_not_found');
      return { items: page.items, next: page.next && pageCursor.write(page.next) };
    },
  });
}

/** Registers the route that adds a member to a group. */
function addMemberRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: MemberDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/conversations/:id/members',
    schema: {
      operationId: 'addMember',
      tags: ['Members'],
      summary: 'Add a member to a group',
      description:
        'The settings of the group decide who may do this: by default any member of a public group, and the admins of a private one.',
      headers,
      params: OfConversation,
      body: AddMemberBody,
      response: { 201: Member, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account } = request.body;
      storedOrRefuse(await addMember(append, commandRequest(request, request.params.id), account));
      reply.code(201);
      const member = await memberOf(pool, sessionOf(request).account, request.params.id, account);
      return member ?? refuse('no_longer_member');
    },
  });
}

/** Registers the route that removes a member from a group. */
function removeMemberRoute(
  instance: FastifyInstance,
  { append, authenticate: onRequest }: MemberDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/members/:account',
    schema: {
      operationId: 'removeMember',
      tags: ['Members'],
      summary: 'Remove a member from a group (admins)',
      description: 'Only owners may remove owners and admins.',
      headers,
      params: OfMember,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(
        await removeMember(
          append,
          commandRequest(request, request.params.id),
          request.params.account,
        ),
      );
      return reply.code(204).send(null);
    },
  });
}

/** Registers the route that changes the role of a member. */
function changeMemberRoleRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: MemberDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PATCH',
    url: '/conversations/:id/members/:account',
    schema: {
      operationId: 'changeMemberRole',
      tags: ['Members'],
      summary: 'Change the role of a member (owners)',
      headers,
      params: OfMember,
      body: ChangeMemberBody,
      response: { 200: Member, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id, account } = request.params;
      const { role } = request.body;
      storedOrRefuse(await changeMemberRole(append, commandRequest(request, id), account, role));
      const member = await memberOf(pool, sessionOf(request).account, id, account);
      return member ?? refuse('no_longer_member');
    },
  });
}

/** Registers the route that transfers the ownership of a group to a member. */
function transferOwnershipRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: MemberDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/conversations/:id/owner',
    schema: {
      operationId: 'transferOwnership',
      tags: ['Members'],
      summary: 'Transfer ownership of a group to a member; the caller becomes an admin (owners)',
      headers,
      params: OfConversation,
      body: TransferOwnershipBody,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      storedOrRefuse(
        await transferOwnership(append, commandRequest(request, id), request.body.account),
      );
      return conversationAfter(pool, sessionOf(request), id);
    },
  });
}
