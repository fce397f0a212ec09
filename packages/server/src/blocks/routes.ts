import { AccountId, BlocksAnswer } from '@parley/protocol';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import type { Append } from '../stream/append.ts';
import { blockAccount, blocksOf, unblockAccount } from './blocks.ts';

interface BlockDeps {
  readonly pool: pg.Pool;
  readonly append: Append;
  readonly authenticate: onRequestAsyncHookHandler;
}

/** Registers the routes of blocks. */
export function blockRoutes(instance: FastifyInstance, deps: BlockDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, authenticate: onRequest } = deps;

  app.route({
    method: 'GET',
    url: '/me/blocks',
    schema: {
      operationId: 'listBlocks',
      tags: ['Accounts'],
      summary: 'List the users that you have blocked',
      response: { 200: BlocksAnswer, ...problems(401) },
    },
    onRequest,
    handler: async (request) => ({ items: await blocksOf(pool, sessionOf(request).account) }),
  });

  for (const [method, operation, run, summary] of [
    ['PUT', 'blockUser', blockAccount, 'Block a user: no direct messages from them'],
    ['DELETE', 'unblockUser', unblockAccount, 'Unblock a user'],
  ] as const) {
    app.route({
      method,
      url: '/me/blocks/:account',
      schema: {
        operationId: operation,
        tags: ['Accounts'],
        summary,
        description:
          'A blocked user can’t write to you in your direct conversation or start a new one with you, and is refused with `blocked`. Groups and existing direct conversations with more users are not affected.',
        headers: IdempotencyHeader,
        params: z.object({ account: AccountId }),
        response: {
          204: z.null(),
          ...problems(401, 403, 404, ...(method === 'PUT' ? [409] : []), 422, 503),
        },
      },
      onRequest,
      handler: async (request, reply) => {
        const r = requesterOf(request);
        storedOrRefuse(await run(append, r, request.params.account));
        return reply.code(204).send(null);
      },
    });
  }
}
