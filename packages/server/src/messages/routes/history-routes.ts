import {
  EditHistoryPage,
  EditHistoryQuery,
  HistoryPage,
  HistoryQuery,
  Message,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { editHistory } from '../history/edit-history.ts';
import { history, messageFor } from '../history/queries.ts';
import type { ReadRouteDeps } from './read-routes.ts';
import { OfConversation, OfMessage } from './requests.ts';

/** What the routes need that only read messages and events. */
export type QueryDeps = Pick<ReadRouteDeps, 'pool' | 'authenticate'>;

/** Registers the route that lists the messages of a conversation. */
export function listMessagesRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages',
    schema: {
      operationId: 'listMessages',
      tags: ['Messages'],
      summary: 'List messages',
      description:
        'Returns the latest messages, or those before, after or around a seq, or around the first one that was posted at `aroundTime` or later (the latest ones if there is none), ordered by seq. A member can read the whole history, including messages from before it joined. Use `hasOlder` and `hasNewer` to continue: a page of long messages has fewer than `limit`.',
      params: OfConversation,
      querystring: HistoryQuery,
      response: { 200: HistoryPage, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) =>
      (await history(pool, sessionOf(request).account, request.params.id, request.query)) ??
      refuse('conversation_not_found'),
  });
}

/** Registers the route that returns one message. */
export function getMessageRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq',
    schema: {
      operationId: 'getMessage',
      tags: ['Messages'],
      summary: 'Get a message',
      params: OfMessage,
      response: { 200: Message, ...problems(401, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const message = await messageFor(pool, sessionOf(request).account, id, seq);
      if (message === null) refuse('conversation_not_found');
      return message ?? refuse('message_not_found');
    },
  });
}

/** Registers the route that returns the edit history of a message. */
export function editHistoryRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/messages/:seq/history',
    schema: {
      operationId: 'getEditHistory',
      tags: ['Messages'],
      summary: 'Get the edit history of a message',
      description:
        'Returns all versions of the text, the latest first. A deleted message has none, because its text is removed from the history too. Use `hasOlder` to continue: a page of long texts has fewer than `limit`.',
      params: OfMessage,
      querystring: EditHistoryQuery,
      response: { 200: EditHistoryPage, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { id, seq } = request.params;
      const page = await editHistory(pool, sessionOf(request).account, id, seq, request.query);
      return typeof page === 'string' ? refuse(page) : page;
    },
  });
}
