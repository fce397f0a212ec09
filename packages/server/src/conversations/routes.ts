import type { FastifyInstance } from 'fastify';
import { type CreationDeps, creationRoutes } from './creation-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { ownMembershipRoutes } from './own-membership-routes.ts';
import { getConversationRoute, listConversationsRoute, listGroupsRoute } from './query-routes.ts';

type ConversationDeps = CreationDeps;

/**
 * Registers the routes of groups and direct conversations, in the order of the API description;
 * member-routes.ts has those of their members.
 */
export function conversationRoutes(instance: FastifyInstance, deps: ConversationDeps): void {
  listConversationsRoute(instance, deps);
  creationRoutes(instance, deps);
  listGroupsRoute(instance, deps);
  getConversationRoute(instance, deps);
  groupRoutes(instance, deps);
  ownMembershipRoutes(instance, deps);
}
