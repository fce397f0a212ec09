import { AccountId, isStorable, ListQuery, User, UsersPage } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../../http/authenticate.ts';
import { problems } from '../../http/describe.ts';
import { refuse } from '../../http/errors.ts';
import { pageCursor } from '../../http/page.ts';
import { userOf, usersPage } from './users.ts';

interface UsersRoutesDeps {
  readonly pool: pg.Pool;
  readonly authenticate: onRequestAsyncHookHandler;
}

const Place = z.tuple([z.string().refine(isStorable), AccountId]);

/** Registers the routes of the user directory. */
export function usersRoutes(instance: FastifyInstance, deps: UsersRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate } = deps;

  app.route({
    method: 'GET',
    url: '/users',
    schema: {
      operationId: 'listUsers',
      tags: ['People'],
      summary: 'List users by display name',
      description:
        '`search` matches parts of display names and usernames, ignoring case and accents. With ' +
        'several words, each must occur. A guest gets only the users of its conversations.',
      querystring: ListQuery,
      response: { 200: UsersPage, ...problems(401, 422) },
    },
    onRequest: authenticate,
    config: { isCompressed: true },
    handler: async (request) => {
      const { search, limit } = request.query;
      const place = pageCursor.read(request.query.after, Place);
      const after = place && { name: place[0], id: place[1] };
      const { items, next } = await usersPage(pool, sessionOf(request), { search, after, limit });
      return { items, next: next && pageCursor.write([next.name, next.id]) };
    },
  });

  app.route({
    method: 'GET',
    url: '/users/:id',
    schema: {
      operationId: 'getUser',
      tags: ['People'],
      summary: 'Get a user',
      params: z.object({ id: AccountId }),
      response: { 200: User, ...problems(401, 404) },
    },
    onRequest: authenticate,
    handler: async (request) =>
      (await userOf(pool, sessionOf(request).account, request.params.id)) ??
      refuse('account_not_found'),
  });
}
