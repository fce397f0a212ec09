import { CreatedInvitation, CreateInvitationBody, InvitationsAnswer } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { meOf } from '../users/queries.ts';
import type { Invitations } from './invitations.ts';

interface InvitationRoutesDeps {
  readonly pool: pg.Pool;
  readonly invitations: Invitations;
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the routes of invitations, for admins. */
export function invitationRoutes(instance: FastifyInstance, deps: InvitationRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate, invitations } = deps;

  app.route({
    method: 'GET',
    url: '/admin/invitations',
    schema: {
      operationId: 'listInvitations',
      tags: ['Administration'],
      summary: 'List invitations, newest first',
      response: { 200: InvitationsAnswer, ...problems(401, 403) },
    },
    onRequest: authenticate,
    handler: async () => ({ items: await invitations.list() }),
  });

  app.route({
    method: 'POST',
    url: '/admin/invitations',
    schema: {
      operationId: 'createInvitation',
      tags: ['Administration'],
      summary: 'Create an invitation link',
      description:
        'Only this response contains the link. With an email address, the link is sent to it and ' +
        'works only for registrations with that address. It expires after a week by default. With `guest`, whoever ' +
        'registers with it is a guest: limited to these groups, and to those it is added to later.',
      body: CreateInvitationBody,
      response: { 201: CreatedInvitation, ...problems(400, 401, 403, 404, 422) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const me = (await meOf(pool, account)) ?? refuse('session_ended');
      const { email, maxUses, expiresAt, guest } = request.body;
      const { invitation, link } = await invitations.create(
        { id: account, name: me.displayName },
        {
          email,
          maxUses,
          expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt),
          guest,
        },
        request.ip,
      );
      return reply.code(201).send({ ...invitation, link });
    },
  });

  app.route({
    method: 'DELETE',
    url: '/admin/invitations/:id',
    schema: {
      operationId: 'revokeInvitation',
      tags: ['Administration'],
      summary: 'Revoke an invitation',
      params: z.object({ id: z.uuid() }),
      response: { 204: z.undefined().describe('Done'), ...problems(401, 403, 404) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      if (!(await invitations.revoke(request.params.id, sessionOf(request).account, request.ip)))
        refuse('not_found');
      return reply.code(204).send();
    },
  });
}
