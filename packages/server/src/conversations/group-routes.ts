import {
  ChangeMinimumRolesBody,
  Conversation,
  type MinimumRoles,
  UpdateGroupBody,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { commandRequest, headers, OfConversation } from '../messages/routes/requests.ts';
import { deleteGroup } from './commands.ts';
import { conversationAfter } from './conversation-after.ts';
import type { GroupSettings } from './conversation-rule.ts';
import type { MemberDeps } from './member-routes.ts';
import { archiveGroup, changeMinimumRoles, restoreGroup, updateGroup } from './settings.ts';

/** Registers the routes that change, archive, restore and delete groups. */
export function groupRoutes(instance: FastifyInstance, deps: MemberDeps): void {
  updateGroupRoute(instance, deps);
  archiveRoutes(instance, deps);
  minimumRolesRoute(instance, deps);
  deleteGroupRoute(instance, deps);
}

/** Registers the route that changes the name, topic, description and other settings of a group. */
function updateGroupRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: MemberDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PATCH',
    url: '/conversations/:id',
    schema: {
      operationId: 'updateGroup',
      tags: ['Conversations'],
      summary:
        'Change the name, topic, description or visibility of a group, its slow mode, or its link previews',
      description:
        'The settings of the group decide who may change its name, topic and description (`minimumRoles.rename`). Owners can change the visibility and the link previews; owners and admins can change the slow mode.',
      headers,
      params: OfConversation,
      body: UpdateGroupBody,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      // JSON has no undefined.
      const settings = request.body as GroupSettings;
      storedOrRefuse(await updateGroup(append, commandRequest(request, id), settings));
      return conversationAfter(pool, sessionOf(request), id);
    },
  });
}

/** Registers the routes that archive and restore groups. */
function archiveRoutes(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: MemberDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  for (const [action, run, summary] of [
    ['archive', archiveGroup, 'Archive a group (owners)'],
    ['restore', restoreGroup, 'Restore an archived group (owners)'],
  ] as const) {
    app.route({
      method: 'POST',
      url: `/conversations/:id/${action}`,
      schema: {
        operationId: `${action}Group`,
        tags: ['Conversations'],
        summary,
        description:
          'An archived group keeps its members and its history. All changes are refused with `conversation_archived`, except leaving, restoring and deleting it.',
        headers,
        params: OfConversation,
        response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422) },
      },
      onRequest,
      handler: async (request) => {
        const { id } = request.params;
        storedOrRefuse(await run(append, commandRequest(request, id)));
        return conversationAfter(pool, sessionOf(request), id);
      },
    });
  }
}

/** Registers the route that changes who may do what in a group. */
function minimumRolesRoute(
  instance: FastifyInstance,
  { pool, append, authenticate: onRequest }: MemberDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'PATCH',
    url: '/conversations/:id/minimum-roles',
    schema: {
      operationId: 'changeMinimumRoles',
      tags: ['Conversations'],
      summary: 'Change the permissions in a group (owners)',
      description:
        'An announcement group has `post: "admin"`. In the default group the owners and admins of the server are its owners.',
      headers,
      params: OfConversation,
      body: ChangeMinimumRolesBody,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const { id } = request.params;
      // JSON has no undefined.
      const minimumRoles = request.body as Partial<MinimumRoles>;
      storedOrRefuse(await changeMinimumRoles(append, commandRequest(request, id), minimumRoles));
      return conversationAfter(pool, sessionOf(request), id);
    },
  });
}

/** Registers the route that deletes groups. */
function deleteGroupRoute(
  instance: FastifyInstance,
  { append, authenticate: onRequest }: Pick<MemberDeps, 'append' | 'authenticate'>,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'DELETE',
    url: '/conversations/:id',
    schema: {
      operationId: 'deleteGroup',
      tags: ['Conversations'],
      summary: 'Delete a group (owners)',
      headers,
      params: OfConversation,
      response: { 204: z.null(), ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(await deleteGroup(append, commandRequest(request, request.params.id)));
      return reply.code(204).send(null);
    },
  });
}
