import { Conversation } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { commandRequest, headers, OfConversation } from '../messages/routes/requests.ts';
import { conversationAfter } from './conversation-after.ts';
import type { MemberDeps } from './member-routes.ts';
import { joinGroup, leaveGroup } from './members.ts';

/** Registers the routes that let an account join and leave groups. */
export function ownMembershipRoutes(instance: FastifyInstance, deps: MemberDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;

  app.route({
    method: 'POST',
    url: '/conversations/:id/join',
    schema: {
      operationId: 'joinGroup',
      tags: ['Conversations'],
      summary: 'Join a public group',
      headers,
      params: OfConversation,
      response: { 200: Conversation, ...problems(401, 403, 404, 409, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      storedOrRefuse(await joinGroup(append, commandRequest(request, request.params.id)));
      return conversationAfter(pool, sessionOf(request), request.params.id);
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/:id/leave',
    schema: {
      operationId: 'leaveGroup',
      tags: ['Conversations'],
      summary: 'Leave a group',
      description:
        'The last owner must transfer ownership first, unless it is the only member. For an account that has left the group already, the request succeeds and changes nothing.',
      headers,
      params: OfConversation,
      response: { 204: z.null(), ...problems(401, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      storedOrRefuse(await leaveGroup(append, commandRequest(request, request.params.id)));
      return reply.code(204).send(null);
    },
  });
}
