import {
  Conversation,
  CreateGroupBody,
  conversationOfStream,
  OpenDirectBody,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import { headers } from '../messages/routes/requests.ts';
import type { ServerSettings } from '../settings/server-settings.ts';
import { createGroup, openDirect } from './commands.ts';
import { conversationAfter } from './conversation-after.ts';
import { refusalOfGroupCreation } from './group-creation.ts';
import type { MemberDeps } from './member-routes.ts';

/** What the routes that create conversations need: the settings say who may create groups. */
export interface CreationDeps extends MemberDeps {
  readonly settings: ServerSettings;
}

/** Registers the routes that create groups and direct conversations. */
export function creationRoutes(instance: FastifyInstance, deps: CreationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, settings, authenticate: onRequest } = deps;

  app.route({
    method: 'POST',
    url: '/conversations',
    schema: {
      operationId: 'createGroup',
      tags: ['Conversations'],
      summary: 'Create a group',
      headers,
      body: CreateGroupBody,
      response: { 201: Conversation, ...problems(401, 404, 410, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const r = requesterOf(request);
      const { stream } = storedOrRefuse(
        await createGroup(append, r, request.body, (tx) =>
          refusalOfGroupCreation(tx, r.actor, settings),
        ),
      );
      reply.code(201);
      return conversationAfter(pool, sessionOf(request), conversationOfStream(stream));
    },
  });

  app.route({
    method: 'POST',
    url: '/conversations/direct',
    schema: {
      operationId: 'openDirect',
      tags: ['Conversations'],
      summary: 'Get or create a direct conversation',
      description:
        'The same users, at most ten, always share one direct conversation. Use your own account id for a conversation with yourself, for notes. Refused with `blocked` if a user has blocked you.',
      headers,
      body: OpenDirectBody,
      response: { 200: Conversation, ...problems(401, 403, 404, 410, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const r = requesterOf(request);
      const { account, accounts = [] } = request.body;
      const others = account === undefined ? accounts : [account];
      const outcome = await openDirect(append, r, others);
      return conversationAfter(
        pool,
        sessionOf(request),
        conversationOfStream(storedOrRefuse(outcome).stream),
      );
    },
  });
}
