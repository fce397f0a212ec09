import {
  type AccountId,
  CursorsAnswer,
  ReadBody,
  ReadCursor,
  SeenByAnswer,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { RefusalError, refuse } from '../../http/errors.ts';
import { readAll } from '../read-cursors/read-all.ts';
import { cursorsOf, type ReadCursors, type ReadMove } from '../read-cursors/read-cursors.ts';
import { seenBy } from '../read-cursors/seen-by.ts';
import { readAllThreads, type ThreadMove } from '../threads/thread-cursors.ts';
import { OfConversation, OfMessage } from './requests.ts';

/** What the routes of read cursors need: the account’s other devices learn of each move. */
export interface ReadRouteDeps {
  readonly pool: pg.Pool;
  readonly readCursors: ReadCursors;
  /** Rejects requests without a valid access token or API key. */
  readonly authenticate: onRequestAsyncHookHandler;
  /** Notifies connected clients of a read cursor moved over REST. */
  readonly onReadMoved: (account: AccountId, move: ReadMove) => void;
  /** The same for the read cursor of a thread. */
  readonly onThreadRead: (account: AccountId, move: ThreadMove) => void;
}

/** Registers the routes of read cursors. */
export function readRoutes(instance: FastifyInstance, deps: ReadRouteDeps): void {
  moveReadCursorRoute(instance, deps);
  ownCursorsRoutes(instance, deps);
  seenByRoute(instance, deps);
}

/** Registers the route that moves the account’s read cursor of a conversation. */
function moveReadCursorRoute(
  instance: FastifyInstance,
  { readCursors, authenticate: onRequest, onReadMoved }: ReadRouteDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/conversations/:id/read',
    schema: {
      operationId: 'moveReadCursor',
      tags: ['Read cursors'],
      summary: 'Move the read cursor of a conversation',
      description:
        'The cursor only moves forward. With `unread` it can also move back: the messages after `seq` become unread again. Returns the cursor, even if the request was ignored because of its `revision`.',
      params: OfConversation,
      body: ReadBody,
      response: { 200: ReadCursor, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const account = sessionOf(request).account;
      const move = await readCursors.move(
        account,
        request.params.id,
        request.body.seq,
        request.body,
      );
      if ('refusal' in move) throw new RefusalError(move.refusal);
      if (move.moved) onReadMoved(account, move);
      return move.cursor;
    },
  });
}

/** Registers the routes that list the account’s read cursors, and mark everything as read. */
function ownCursorsRoutes(
  instance: FastifyInstance,
  { pool, readCursors, authenticate: onRequest, onReadMoved, onThreadRead }: ReadRouteDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/cursors',
    schema: {
      operationId: 'listReadCursors',
      tags: ['Read cursors'],
      summary: 'List the read cursors of the account',
      response: { 200: CursorsAnswer, ...problems(401) },
    },
    onRequest,
    handler: (request) => cursorsOf(pool, sessionOf(request).account),
  });

  app.route({
    method: 'POST',
    url: '/me/cursors/read-all',
    schema: {
      operationId: 'markAllRead',
      tags: ['Read cursors'],
      summary: 'Mark all conversations as read',
      description:
        'Moves the read cursors of all conversations with unread messages, and of all followed threads, to the end. Returns the read cursors of the conversations.',
      response: { 200: CursorsAnswer, ...problems(401) },
    },
    onRequest,
    handler: async (request) => {
      const account = sessionOf(request).account;
      for (const move of await readAll(pool, readCursors, account)) {
        if (move.moved) onReadMoved(account, move);
      }
      for (const move of await readAllThreads(pool, account)) {
        if (move.moved) onThreadRead(account, move);
      }
      return cursorsOf(pool, account);
    },
  });
}

/** Registers the route that lists who has seen a message. */
function seenByRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: ReadRouteDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq/seen-by',
    schema: {
      operationId: 'listSeenBy',
      tags: ['Read cursors'],
      summary: 'List who has seen a message',
      description:
        'Returns the members whose read cursor has reached the message, sorted by name, without its author. For a reply that is only in a thread, the cursor of the thread counts. Refused with `too_many_members` in conversations of more than `limits.receiptsMembers` members.',
      params: OfMessage,
      response: { 200: SeenByAnswer, ...problems(401, 404, 409) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const items = await seenBy(pool, sessionOf(request).account, id, seq);
      return typeof items === 'string' ? refuse(items) : { items };
    },
  });
}
