import { type AccountId, CloseConversationBody, Sidebar } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { RefusalError, storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import type { ReadCursors, ReadMove } from '../messages/read-cursors/read-cursors.ts';
import { OfConversation } from '../messages/routes/requests.ts';
import type { Append } from '../stream/append.ts';
import { closeConversation, reopenConversation } from './closing.ts';
import { sidebarOf } from './queries.ts';

/** What the routes that close conversations need: closing also marks as read. */
export interface ClosingDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly readCursors: ReadCursors;
  readonly authenticate: onRequestAsyncHookHandler;
  /** Notifies connected clients of a read cursor moved over REST. */
  readonly onReadMoved: (account: AccountId, move: ReadMove) => void;
}

const tags = ['Sidebar'];
const EVENTS = 'All your devices get the event `sidebar.closed` of your personal stream.';

/** Registers the routes that close direct conversations, and reopen them. */
export function closingRoutes(
  instance: FastifyInstance,
  { pool, append, readCursors, authenticate: onRequest, onReadMoved }: ClosingDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PUT',
    url: '/me/sidebar/closed/:id',
    schema: {
      operationId: 'closeConversation',
      tags,
      summary: 'Close a direct conversation',
      description: `Leaves it out of your sidebar until there is a message after \`seq\` or you reopen it, and marks messages up to \`seq\` as read. You remain a member, and its messages are kept. ${EVENTS}`,
      headers: IdempotencyHeader,
      params: OfConversation,
      body: CloseConversationBody,
      response: { 200: Sidebar, ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const requester = requesterOf(request);
      const { id } = request.params;
      const { seq } = request.body;
      storedOrRefuse(await closeConversation(append, requester, id, seq));
      const sidebar = await sidebarOf(pool, requester.actor);
      const closed = sidebar.closed.find((one) => one.conversation === id);
      // Another device may have reopened it since.
      if (!closed) return sidebar;
      // Clients show a conversation with unread messages: if this fails, it stays open, and they try again.
      const seen = seq < closed.seq ? seq : closed.seq;
      const move = await readCursors.move(requester.actor, id, seen);
      if ('refusal' in move) throw new RefusalError(move.refusal);
      if (move.moved) onReadMoved(requester.actor, move);
      return sidebar;
    },
  });

  app.route({
    method: 'DELETE',
    url: '/me/sidebar/closed/:id',
    schema: {
      operationId: 'reopenConversation',
      tags,
      summary: 'Reopen a closed conversation',
      description: `Your sidebar shows it again. ${EVENTS}`,
      headers: IdempotencyHeader,
      params: OfConversation,
      response: { 200: Sidebar, ...problems(401, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const requester = requesterOf(request);
      storedOrRefuse(await reopenConversation(append, requester, request.params.id));
      return await sidebarOf(pool, requester.actor);
    },
  });
}
