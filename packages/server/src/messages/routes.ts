import {
  type AccountId,
  CommandAnswer,
  ConversationId,
  CursorsAnswer,
  EditBody,
  Emoji,
  EventsPage,
  EventsQuery,
  HistoryPage,
  HistoryQuery,
  Message,
  PostBody,
  ReadBody,
  ReadCursor,
  type Seq,
  SeqText,
  StreamId,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { RefusalError, refuse, storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import type { Append, Outcome } from '../stream/append.ts';
import {
  addReaction,
  deleteMessage,
  editMessage,
  postMessage,
  removeReaction,
} from './commands.ts';
import { eventsFor, history, messageFor } from './queries.ts';
import { cursorsOf, type ReadCursors, type ReadMove } from './read-cursors.ts';

/** What the routes of messages work with. */
export interface MessageDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly readCursors: ReadCursors;
  /** Lets in only those with a good access token. */
  readonly authenticate: onRequestAsyncHookHandler;
  /** A read cursor was moved over REST: those who are connected are to be told. */
  readonly onReadMoved: (account: AccountId, move: ReadMove) => void;
}

const OfConversation = z.object({ id: ConversationId });
const OfMessage = z.object({ id: ConversationId, seq: SeqText });
const OfReaction = z.object({ id: ConversationId, seq: SeqText, emoji: Emoji });
const headers = IdempotencyHeader;
const security = [{ accessToken: [] }];

/** Messages, reactions, read cursors and the events themselves. */
export function messageRoutes(instance: FastifyInstance, deps: MessageDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, readCursors, authenticate: onRequest, onReadMoved } = deps;

  const show = async (account: AccountId, id: ConversationId, seq: Seq) => {
    const message = await messageFor(pool, account, id, seq);
    if (message === null) refuse('conversation_not_found');
    return message ?? refuse('message_not_found');
  };
  /** The message after a command that was stored: a refusal must not say that it was not. */
  const after = async (account: AccountId, id: ConversationId, seq: Seq) =>
    (await messageFor(pool, account, id, seq)) ?? refuse('no_longer_member');

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages',
    schema: {
      operationId: 'listMessages',
      tags: ['Messages'],
      summary: 'A page of the history',
      description:
        'The newest messages, or those before, after or around a seq, always in the order of seq. A member may read everything, also from before the joining.',
      security,
      params: OfConversation,
      querystring: HistoryQuery,
      response: { 200: HistoryPage, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) =>
      (await history(pool, sessionOf(request).account, request.params.id, request.query)) ??
      refuse('conversation_not_found'),
  });

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages',
    schema: {
      operationId: 'postMessage',
      tags: ['Messages'],
      summary: 'Post a message',
      security,
      headers,
      params: OfConversation,
      body: PostBody,
      response: { 201: Message, ...problems(401, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const asking = asked(request, request.params.id);
      const { actor: author, conversation } = asking;
      const { body } = request.body;
      const { seq, at, repeated } = storedOrRefuse(await postMessage(append, asking, body));
      reply.code(201);
      // What was posted a moment ago is known; an earlier one may have changed since.
      if (repeated) return after(author, conversation, seq);
      return {
        conversation,
        seq,
        author,
        body,
        postedAt: at,
        editedAt: null,
        deletedAt: null,
        changedSeq: seq,
        reactions: [],
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq',
    schema: {
      operationId: 'getMessage',
      tags: ['Messages'],
      summary: 'One message',
      security,
      params: OfMessage,
      response: { 200: Message, ...problems(401, 404) },
    },
    onRequest,
    handler: (request) => show(sessionOf(request).account, request.params.id, request.params.seq),
  });

  app.route({
    method: 'PATCH',
    url: '/conversations/:id/messages/:seq',
    schema: {
      operationId: 'editMessage',
      tags: ['Messages'],
      summary: 'Give one’s own message another text',
      security,
      headers,
      params: OfMessage,
      body: EditBody,
      response: { 200: Message, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      storedOrRefuse(
        await editMessage(append, asked(request, request.params.id), seq, request.body.body),
      );
      return after(sessionOf(request).account, id, seq);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/messages/:seq',
    schema: {
      operationId: 'deleteMessage',
      tags: ['Messages'],
      summary: 'Delete one’s own message',
      security,
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(401, 403, 404, 503) },
    },
    onRequest,
    handler: async (request) => {
      const asking = asked(request, request.params.id);
      return answer(asking, await deleteMessage(append, asking, request.params.seq));
    },
  });

  app.route({
    method: 'PUT',
    url: '/conversations/:id/messages/:seq/reactions/:emoji',
    schema: {
      operationId: 'addReaction',
      tags: ['Messages'],
      summary: 'Put an emoji on a message',
      security,
      headers,
      params: OfReaction,
      response: { 200: CommandAnswer, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const asking = asked(request, request.params.id);
      const { seq, emoji } = request.params;
      return answer(asking, await addReaction(append, asking, seq, emoji));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/messages/:seq/reactions/:emoji',
    schema: {
      operationId: 'removeReaction',
      tags: ['Messages'],
      summary: 'Take one’s own emoji off a message',
      security,
      headers,
      params: OfReaction,
      response: { 200: CommandAnswer, ...problems(401, 404, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const asking = asked(request, request.params.id);
      const { seq, emoji } = request.params;
      return answer(asking, await removeReaction(append, asking, seq, emoji));
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/:id/read',
    schema: {
      operationId: 'moveReadCursor',
      tags: ['Read cursors'],
      summary: 'Tell how far the account has read',
      description: 'The cursor only moves forward, but for `unread`, which sets it back.',
      security,
      params: OfConversation,
      body: ReadBody,
      response: { 200: ReadCursor, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const account = sessionOf(request).account;
      const { seq, unread } = request.body;
      const move = await readCursors.move(account, request.params.id, seq, unread);
      if ('refusal' in move) throw new RefusalError(move.refusal);
      if (move.moved) onReadMoved(account, move);
      return move.cursor;
    },
  });

  app.route({
    method: 'GET',
    url: '/me/cursors',
    schema: {
      operationId: 'listReadCursors',
      tags: ['Read cursors'],
      summary: 'How far the account has read each of its conversations',
      security,
      response: { 200: CursorsAnswer, ...problems(401) },
    },
    onRequest,
    handler: (request) => cursorsOf(pool, sessionOf(request).account),
  });

  app.route({
    method: 'GET',
    url: '/streams/:id/events',
    schema: {
      operationId: 'listEvents',
      tags: ['Streams'],
      summary: 'Events of a stream after a seq',
      description:
        'Of a conversation, those from the time of the account’s membership, for current members; a former member gets the event that ended the membership. Of the account’s own stream and of the workspace, all.',
      security,
      params: z.object({ id: StreamId }),
      querystring: EventsQuery,
      response: { 200: EventsPage, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) =>
      (await eventsFor(pool, sessionOf(request).account, request.params.id, request.query)) ??
      refuse('not_found'),
  });
}

/** Who asks for which conversation, under which id. */
function asked(request: FastifyRequest, conversation: ConversationId) {
  return { actor: sessionOf(request).account, clientId: clientIdOf(request), conversation };
}

/** What an `ack` would say. */
function answer({ clientId }: { clientId: string }, outcome: Outcome): CommandAnswer {
  const { stream, seq, at } = storedOrRefuse(outcome);
  return { id: clientId, stream, seq, at };
}
