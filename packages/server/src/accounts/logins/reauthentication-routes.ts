import { PasswordBody } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { type ReauthenticationDeps, reauthenticate } from './reauthentication.ts';

interface ReauthenticationRoutesDeps extends ReauthenticationDeps {
  readonly authenticate: onRequestAsyncHookHandler;
}

const NOTHING = z.undefined().describe('Done');

/** Registers the route with which the holder of a session proves their identity again. */
export function reauthenticationRoutes(
  instance: FastifyInstance,
  deps: ReauthenticationRoutesDeps,
): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();

  app.route({
    method: 'POST',
    url: '/me/reauthenticate',
    schema: {
      operationId: 'reauthenticate',
      tags: ['Accounts'],
      summary: 'Confirm your password; counts as a login for ten minutes',
      description:
        'Required before ending sessions elsewhere or adding a second factor. Users without a ' +
        'password log in again.',
      body: PasswordBody,
      response: { 204: NOTHING, ...problems(400, 401, 403, 422, 429, 503) },
    },
    onRequest: deps.authenticate,
    handler: async (request, reply) => {
      await reauthenticate(deps, sessionOf(request), request.body.password, request.ip);
      return reply.code(204).send();
    },
  });
}
