import {
  type AccountId,
  CommandAnswer,
  ConversationId,
  ReadThreadBody,
  Seq,
  ThreadCursor,
  ThreadCursorsAnswer,
  ThreadHistoryQuery,
  ThreadPage,
  ThreadsPage,
  ThreadsQuery,
  Timestamp,
} from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { commandAnswer, commandRequest, headers, OfMessage } from '../messages/routes/requests.ts';
import { readThread, type ThreadMove } from '../messages/threads/thread-cursors.ts';
import {
  followedThreads,
  threadCursorsOf,
  threadPage,
} from '../messages/threads/thread-queries.ts';
import type { Append } from '../stream/append.ts';
import { followThread, unfollowThread } from './follow-commands.ts';

interface ThreadDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  /** Rejects requests without a valid access token or API key. */
  readonly authenticate: onRequestAsyncHookHandler;
  /** Notifies the connected clients of the account. */
  readonly onThreadRead: (account: AccountId, move: ThreadMove) => void;
}

const tags = ['Threads'];
const ThreadKeyText = z.tuple([z.boolean(), Timestamp, ConversationId, Seq]);

/** Registers the routes of threads. A thread is identified by its root, the message that was replied to. */
export function threadRoutes(instance: FastifyInstance, deps: ThreadDeps): void {
  getThreadRoute(instance, deps);
  moveThreadCursorRoute(instance, deps);
  followRoutes(instance, deps);
  listThreadsRoute(instance, deps);
  listThreadCursorsRoute(instance, deps);
}

/** Registers the route that returns a page of a thread. */
function getThreadRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: ThreadDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq/thread',
    schema: {
      operationId: 'getThread',
      tags,
      summary: 'Get the thread of a message',
      description:
        'Returns the message and the latest replies in its thread, or those before, after or around a seq, ordered by seq. Use `hasOlder` and `hasNewer` to continue. A message that is itself a reply has no thread: it is refused with `is_reply`.',
      params: OfMessage,
      querystring: ThreadHistoryQuery,
      response: { 200: ThreadPage, ...problems(401, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const page = await threadPage(pool, sessionOf(request).account, id, seq, request.query);
      return typeof page === 'string' ? refuse(page) : page;
    },
  });
}

/** Registers the route that moves the account’s read cursor of a thread. */
function moveThreadCursorRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest, onThreadRead }: ThreadDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/conversations/:id/messages/:seq/thread/read',
    schema: {
      operationId: 'moveThreadCursor',
      tags,
      summary: 'Move your read cursor of a thread',
      description:
        'The cursor only moves forward. Your other devices receive it at once. Has no effect if you don’t follow the thread.',
      params: OfMessage,
      body: ReadThreadBody,
      response: { 200: ThreadCursor, ...problems(401, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const account = sessionOf(request).account;
      const { id, seq } = request.params;
      const move = await readThread(pool, account, id, seq, request.body.seq);
      if (typeof move === 'string') return refuse(move);
      if (move.moved) onThreadRead(account, move);
      return move.cursor;
    },
  });
}

/** Registers the routes with which an account follows a thread, or stops following it. */
function followRoutes(
  instance: FastifyInstance,
  { append, authenticate: onRequest }: ThreadDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PUT',
    url: '/conversations/:id/messages/:seq/thread/follow',
    schema: {
      operationId: 'followThread',
      tags,
      summary: 'Follow a thread',
      description:
        'You already follow the threads that you started, replied in or were mentioned in. Existing replies count as read.',
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(401, 404, 409, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = commandRequest(request, request.params.id);
      const thread = request.params.seq;
      return commandAnswer(command, await followThread(append, { ...command, thread }));
    },
  });

  app.route({
    method: 'DELETE',
    url: '/conversations/:id/messages/:seq/thread/follow',
    schema: {
      operationId: 'unfollowThread',
      tags,
      summary: 'Stop following a thread',
      description:
        'Lasts until you follow the thread again, even if you reply or are mentioned there.',
      headers,
      params: OfMessage,
      response: { 200: CommandAnswer, ...problems(401, 404, 409, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = commandRequest(request, request.params.id);
      const thread = request.params.seq;
      return commandAnswer(command, await unfollowThread(append, { ...command, thread }));
    },
  });
}

/** Registers the route that lists the threads that the account follows. */
function listThreadsRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: ThreadDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/threads',
    schema: {
      operationId: 'listThreads',
      tags,
      summary: 'List the threads that you follow',
      description: 'Threads with unread replies come first, then those with the latest replies.',
      querystring: ThreadsQuery,
      response: { 200: ThreadsPage, ...problems(401, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, limit } = request.query;
      const key = pageCursor.read(after, ThreadKeyText);
      const { items, next } = await followedThreads(pool, sessionOf(request).account, {
        after: key && { isUnread: key[0], at: key[1], conversation: key[2], thread: key[3] },
        limit,
      });
      return {
        items,
        next: next && pageCursor.write([next.isUnread, next.at, next.conversation, next.thread]),
      };
    },
  });
}

/** Registers the route that lists the account’s read cursors of threads. */
function listThreadCursorsRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: ThreadDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/me/thread-cursors',
    schema: {
      operationId: 'listThreadCursors',
      tags,
      summary: 'List your read cursors of threads',
      description:
        'Returns the cursors of followed threads that have replies: at most `limits.threadCursors`, those with the latest replies first.',
      response: { 200: ThreadCursorsAnswer, ...problems(401) },
    },
    onRequest,
    handler: (request) => threadCursorsOf(pool, sessionOf(request).account),
  });
}
