import { CreatedInvitation, CreateInvitationBody, InvitationsAnswer } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import type { AccountDeps } from './accounts.ts';
import { meOf } from './queries.ts';

const security = [{ accessToken: [] }];

/** Invitations, for admins. */
export function invitationRoutes(instance: FastifyInstance, deps: AccountDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate, invitations } = deps;

  app.route({
    method: 'GET',
    url: '/admin/invitations',
    schema: {
      operationId: 'listInvitations',
      tags: ['Admin'],
      summary: 'Invitations, the newest first',
      security,
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
      tags: ['Admin'],
      summary: 'Invite somebody: a link that lets people register',
      description:
        'The link is in this answer and nowhere else. With an address, it is mailed to it, and ' +
        'only who registers with that address may use it. It is good for a week unless said otherwise.',
      security,
      body: CreateInvitationBody,
      response: { 201: CreatedInvitation, ...problems(400, 401, 403, 422) },
    },
    onRequest: authenticate,
    handler: async (request, reply) => {
      const { account } = sessionOf(request);
      const me = (await meOf(pool, account)) ?? refuse('session_ended');
      const { email, maxUses, expiresAt } = request.body;
      const { invitation, link } = await invitations.create(
        { id: account, name: me.displayName },
        { email, maxUses, expiresAt: expiresAt === undefined ? undefined : Date.parse(expiresAt) },
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
      tags: ['Admin'],
      summary: 'Take an invitation back',
      security,
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
