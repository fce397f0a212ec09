import { PinnedMessages, PinnedMessagesQuery, Seq } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { pageCursor } from '../../http/page.ts';
import { pinnedMessages } from '../history/queries.ts';
import type { QueryDeps } from './history-routes.ts';
import { OfConversation } from './requests.ts';

/** Registers the route that lists the pinned messages of a conversation. */
export function pinnedMessagesRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/pins',
    schema: {
      operationId: 'listPinnedMessages',
      tags: ['Messages'],
      summary: 'List the pinned messages of a conversation',
      description:
        'The message pinned last comes first. A page of long messages has fewer of them; use `next` to continue.',
      params: OfConversation,
      querystring: PinnedMessagesQuery,
      response: { 200: PinnedMessages, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const before = pageCursor.read(request.query.cursor, Seq, 'cursor');
      const { account } = sessionOf(request);
      const page = await pinnedMessages(pool, account, request.params.id, before);
      const { items, next } = page ?? refuse('conversation_not_found');
      return { items, next: next && pageCursor.write(next) };
    },
  });
}
