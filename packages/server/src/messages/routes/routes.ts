import type { FastifyInstance } from 'fastify';
import { commandRoutes } from './command-routes.ts';
import { listEventsRoute, listTimelineEventsRoute } from './event-routes.ts';
import { forwardRoutes } from './forward-routes.ts';
import { editHistoryRoute, getMessageRoute, listMessagesRoute } from './history-routes.ts';
import { mentionSuggestionsRoute } from './mention-routes.ts';
import { pinnedMessagesRoute } from './pin-routes.ts';
import { pollRoutes } from './poll-routes.ts';
import { editMessageRoute, type PostDeps, postMessageRoute } from './post-routes.ts';
import { previewRoutes } from './preview-routes.ts';
import { type ReadRouteDeps, readRoutes } from './read-routes.ts';
import { webhookRoutes } from './webhook-routes.ts';

/** What posts and read cursors need; each of the other routes needs a part of it. */
export type MessageDeps = ReadRouteDeps & PostDeps;

/**
 * Registers the routes of messages, reactions, pins, read cursors and events, in the order of the
 * API description.
 */
export function messageRoutes(instance: FastifyInstance, deps: MessageDeps): void {
  listMessagesRoute(instance, deps);
  postMessageRoute(instance, deps);
  webhookRoutes(instance, deps);
  getMessageRoute(instance, deps);
  editMessageRoute(instance, deps);
  editHistoryRoute(instance, deps);
  commandRoutes(instance, deps);
  pollRoutes(instance, deps);
  previewRoutes(instance, deps);
  forwardRoutes(instance, deps);
  mentionSuggestionsRoute(instance, deps);
  pinnedMessagesRoute(instance, deps);
  listTimelineEventsRoute(instance, deps);
  readRoutes(instance, deps);
  listEventsRoute(instance, deps);
}
