import {
  EventsPage,
  EventsQuery,
  StreamId,
  TimelineEventsAnswer,
  TimelineEventsQuery,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { eventsFor } from '../history/queries.ts';
import { timelineEvents } from '../history/timeline-events.ts';
import type { QueryDeps } from './history-routes.ts';
import { OfConversation } from './requests.ts';

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

/** Registers the route that lists the events that clients show between the messages of a group. */
export function listTimelineEventsRoute(
  instance: FastifyInstance,
  { pool, authenticate: onRequest }: QueryDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'GET',
    url: '/conversations/:id/timeline-events',
    schema: {
      operationId: 'listTimelineEvents',
      tags: ['Messages'],
      summary: 'List who joined and left, and what was changed',
      description:
        'Returns the events that a client shows between the messages: the creation of the conversation, changes of its name, topic and other settings, and members who joined or left. An answer covers the 500 seqs after `after`. A member can read all of them, including those from before it joined.',
      params: OfConversation,
      querystring: TimelineEventsQuery,
      response: { 200: TimelineEventsAnswer, ...problems(401, 404, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { params, query } = request;
      const { account } = sessionOf(request);
      const items = await timelineEvents(pool, account, params.id, query.after);
      return { items: items ?? refuse('conversation_not_found') };
    },
  });
}
