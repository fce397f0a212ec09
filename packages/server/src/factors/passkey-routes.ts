import { AddedPasskey, AddPasskeyBody, PasskeyOptions, PasswordBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { meOf } from '../accounts/users/queries.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import type { FactorDeps } from './login-requests.ts';
import { confirmUser, done, removeOwnFactor, tags } from './own-factor-requests.ts';
import { siteOf } from './site.ts';

/** Registers the routes that let users add and remove their passkeys. */
export function passkeyRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { factors } = deps;
  const { pool, publicUrl, sessions, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/me/passkeys/options',
    schema: {
      operationId: 'newPasskeyOptions',
      tags,
      summary: 'Get the options to create a passkey',
      body: PasswordBody,
      response: { 200: PasskeyOptions, ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      await confirmUser(deps, request, request.body.password);
      const me = (await meOf(pool, sessionOf(request).account)) ?? refuse('session_ended');
      return factors.passkeys.optionsToAdd(me, siteOf(request, publicUrl));
    },
  });

  app.route({
    method: 'POST',
    url: '/me/passkeys',
    schema: {
      operationId: 'addPasskey',
      tags,
      summary: 'Add a passkey',
      description: 'The response contains recovery codes if this is the first factor.',
      body: AddPasskeyBody,
      response: { 201: AddedPasskey, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      await sessions.requireRecent(id);
      const { name, response } = request.body;
      const site = siteOf(request, publicUrl);
      const added = await factors.addPasskey(account, id, request.ip, (on) =>
        factors.passkeys.add(account, name, response, site, on),
      );
      if (!added) refuse('passkey_rejected');
      reply.code(201);
      return added;
    },
  });

  app.route({
    method: 'POST',
    url: '/me/passkeys/:id/remove',
    schema: {
      operationId: 'removePasskey',
      tags,
      summary: 'Remove a passkey',
      params: z.object({ id: z.uuid() }),
      body: PasswordBody,
      response: { 204: done, ...problems(401, 403, 404, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      await confirmUser(deps, request, request.body.password);
      const { id } = request.params;
      await removeOwnFactor(deps, request, 'passkey', (account, on) =>
        factors.passkeys.remove(account, id, on),
      );
      return reply.code(204).send();
    },
  });
}
