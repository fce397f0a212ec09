import { Me } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import type { AccountRoutes } from './accounts.ts';
import { meOf } from './queries.ts';

const security = [{ accessToken: [] }];

/** Oneself. */
export function ownRoutes(instance: FastifyInstance, deps: AccountRoutes): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate } = deps;

  app.route({
    method: 'GET',
    url: '/me',
    schema: {
      operationId: 'me',
      tags: ['Accounts'],
      summary: 'The account that asks',
      security,
      response: { 200: Me, ...problems(401) },
    },
    onRequest: authenticate,
    handler: async (request) =>
      (await meOf(pool, sessionOf(request).account)) ?? refuse('session_ended'),
  });
}
