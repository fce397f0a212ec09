import { EventsPage, EventsQuery, StreamId } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import type { QueryDeps } from './history-routes.ts';
import { eventsFor } from './queries.ts';

/** Registers the route that lists the events of a stream. */
export function listEventsRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/streams/:id/events',
    schema: {
      operationId: 'listEvents',
      tags: ['Streams'],
      summary: 'List the events of a stream after a seq',
      description:
        'Returns all events of the workspace stream and of the account’s personal stream. For a conversation, a member gets the events of its membership periods; a former member gets only the event that ended the membership. `lastSeq` is the last seq that the account may see. To continue, send the seq of the last item as `after` until you reach `lastSeq`: a page of long events has fewer than `limit`.',
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
