import {
  AccountId,
  AddMemberBody,
  Conversation,
  ConversationId,
  ConversationsAnswer,
  CreateGroupBody,
  conversationOfStream,
  isStorable,
  ListQuery,
  Member,
  MembersPage,
  OpenDirectBody,
  PublicGroupsPage,
  Seq,
  UpdateGroupBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import { pageCursor } from '../http/page.ts';
import type { Append } from '../stream/append.ts';
import { createGroup, deleteGroup, openDirect, renameGroup } from './commands.ts';
import { addMember, joinGroup, leaveGroup, removeMember } from './members.ts';
import { memberOf, membersOf, publicGroups } from './queries.ts';
import { conversationFor, conversationsOf } from './snapshot.ts';

/** What the routes of conversations work with. */
export interface ConversationDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  /** Lets in only those with a good access token. */
  readonly authenticate: onRequestAsyncHookHandler;
}

const OfConversation = z.object({ id: ConversationId });
const OfMember = z.object({ id: ConversationId, account: AccountId });
const GroupPlaceText = z.tuple([z.string().refine(isStorable), ConversationId]);
const headers = IdempotencyHeader;
const security = [{ accessToken: [] }];

/** Groups, direct conversations and their members. */
export function conversationRoutes(instance: FastifyInstance, deps: ConversationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;

  const show = async (account: AccountId, id: ConversationId) =>
    (await conversationFor(pool, account, id)) ?? refuse('conversation_not_found');
  /** The conversation after a command that was stored: a refusal must not say that it was not. */
  const after = async (account: AccountId, id: ConversationId) =>
    (await conversationFor(pool, account, id)) ?? refuse('no_longer_member');

  app.route({
    method: 'GET',
    url: '/conversations',
    schema: {
      operationId: 'listConversations',
      tags: ['Conversations'],
      summary: 'All conversations of the account',
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
      summary: 'Make a group',
      security,
      headers,
      body: CreateGroupBody,
      response: { 201: Conversation, ...problems(401, 404, 410, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const actor = sessionOf(request).account;
      const clientId = clientIdOf(request);
      const { stream } = storedOrRefuse(
        await createGroup(append, { actor, clientId }, request.body),
      );
      reply.code(201);
      return after(actor, conversationOfStream(stream));
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/direct',
    schema: {
      operationId: 'openDirect',
      tags: ['Conversations'],
      summary: 'The conversation with a person; made if it is not there',
      description: 'The same two people always get the same one. With oneself it is for notes.',
      security,
      headers,
      body: OpenDirectBody,
      response: { 200: Conversation, ...problems(401, 404, 410, 422) },
    },
    onRequest,
    handler: async (request) => {
      const actor = sessionOf(request).account;
      const clientId = clientIdOf(request);
      const outcome = await openDirect(append, { actor, clientId }, request.body.account);
      return after(actor, conversationOfStream(storedOrRefuse(outcome).stream));
    },
  });

  app.route({
    method: 'GET',
    url: '/groups',
    schema: {
      operationId: 'listGroups',
      tags: ['Conversations'],
      summary: 'The public groups, by name',
      security,
      querystring: ListQuery,
      response: { 200: PublicGroupsPage, ...problems(401, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, ...part } = request.query;
      const place = pageCursor.read(after, GroupPlaceText);
      const { items, next } = await publicGroups(pool, sessionOf(request).account, {
        ...part,
        after: place && { name: place[0], id: place[1] },
      });
      return { items, next: next && pageCursor.write([next.name, next.id]) };
    },
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id',
    schema: {
      operationId: 'getConversation',
      tags: ['Conversations'],
      summary: 'One conversation',
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
      operationId: 'renameGroup',
      tags: ['Conversations'],
      summary: 'Give a group another name, as its owner',
      security,
      headers,
      params: OfConversation,
      body: UpdateGroupBody,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422) },
    },
    onRequest,
    handler: async (request) => {
      storedOrRefuse(
        await renameGroup(append, asked(request, request.params.id), request.body.name),
      );
      return after(sessionOf(request).account, request.params.id);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id',
    schema: {
      operationId: 'deleteGroup',
      tags: ['Conversations'],
      summary: 'End a group for all, as its owner',
      security,
      headers,
      params: OfConversation,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(await deleteGroup(append, asked(request, request.params.id)));
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
      response: { 200: Conversation, ...problems(401, 404, 409, 410, 422) },
    },
    onRequest,
    handler: async (request) => {
      storedOrRefuse(await joinGroup(append, asked(request, request.params.id)));
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
      description: 'When its last owner leaves, its longest-standing member becomes owner.',
      security,
      headers,
      params: OfConversation,
      response: { 204: z.null(), ...problems(401, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(await leaveGroup(append, asked(request, request.params.id)));
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id/members',
    schema: {
      operationId: 'listMembers',
      tags: ['Members'],
      summary: 'The members, the longest-standing first',
      security,
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

  app.route({
    method: 'POST',
    url: '/conversations/:id/members',
    schema: {
      operationId: 'addMember',
      tags: ['Members'],
      summary: 'Bring somebody into a group',
      description: 'Members may do that in public groups, owners in private ones too.',
      security,
      headers,
      params: OfConversation,
      body: AddMemberBody,
      response: { 201: Member, ...problems(401, 403, 404, 409, 410, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account } = request.body;
      storedOrRefuse(await addMember(append, asked(request, request.params.id), account));
      reply.code(201);
      const member = await memberOf(pool, sessionOf(request).account, request.params.id, account);
      return member ?? refuse('no_longer_member');
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/members/:account',
    schema: {
      operationId: 'removeMember',
      tags: ['Members'],
      summary: 'Put somebody out of a group, as its owner',
      security,
      headers,
      params: OfMember,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(
        await removeMember(append, asked(request, request.params.id), request.params.account),
      );
      return reply.code(204).send(null);
    },
  });
}

/** Who asks for which conversation, under which id. */
function asked(request: FastifyRequest, conversation: ConversationId) {
  return { actor: sessionOf(request).account, clientId: clientIdOf(request), conversation };
}
