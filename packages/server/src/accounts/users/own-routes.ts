import { Me, UpdateMeBody } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import type { Append } from '../../stream/append.ts';
import { meOf } from './queries.ts';
import { updateOwn } from './update.ts';

interface OwnRoutesDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the routes of the caller’s own names. */
export function ownRoutes(instance: FastifyInstance, deps: OwnRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate } = deps;

  app.route({
    method: 'GET',
    url: '/me',
    schema: {
      operationId: 'me',
      tags: ['Accounts'],
      summary: 'Get your account',
      response: { 200: Me, ...problems(401) },
    },
    onRequest: authenticate,
    handler: async (request) =>
      (await meOf(pool, sessionOf(request).account)) ?? refuse('session_ended'),
  });

  app.route({
    method: 'PATCH',
    url: '/me',
    schema: {
      operationId: 'updateMe',
      tags: ['Accounts'],
      summary: 'Update your names, phone number and profile',
      description: 'Absent fields stay as they are; null removes a value.',
      body: UpdateMeBody,
      response: { 200: Me, ...problems(400, 401, 422) },
    },
    onRequest: authenticate,
    handler: async (request) => {
      const { account } = sessionOf(request);
      await updateOwn(pool, append, account, request.body);
      return (await meOf(pool, account)) ?? refuse('session_ended');
    },
  });
}
