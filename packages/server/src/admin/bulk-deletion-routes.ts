import { AccountId, BulkDeletion, BulkDeletionBody, BulkDeletionsAnswer } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AccountParts } from '../accounts/parts.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { requesterOf } from '../http/requester.ts';
import type { Clock } from '../runtime/clock.ts';
import {
  bulkDeletionsOf,
  cancelBulkDeletion,
  requestBulkDeletion,
} from './bulk-deletion-requests.ts';
import type { BulkDeletions } from './bulk-deletions.ts';

interface BulkDeletionRoutesDeps {
  readonly accounts: Pick<AccountParts, 'pool' | 'audit' | 'authenticate'>;
  readonly bulkDeletions: Pick<BulkDeletions, 'wake'>;
  readonly clock: Clock;
}

const OfAccount = z.object({ id: AccountId });
const OfDeletion = OfAccount.extend({ deletion: z.uuid() });
const tags = ['Administration'];

/** Registers the routes that let admins delete all messages of an account. */
export function bulkDeletionRoutes(instance: FastifyInstance, deps: BulkDeletionRoutesDeps): void {
  requestBulkDeletionRoute(instance, deps);
  followBulkDeletionRoutes(instance, deps);
}

/** Registers the route that requests a bulk deletion. */
function requestBulkDeletionRoute(instance: FastifyInstance, deps: BulkDeletionRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, audit, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/bulk-deletions',
    schema: {
      operationId: 'deleteAccountMessages',
      tags,
      summary: 'Delete all messages of an account',
      description:
        'The messages are deleted in the background, in all conversations, as if by a moderator; `deleted` counts ' +
        'them. Messages posted meanwhile may or may not be deleted: suspend the account first. ' +
        'Refused with `bulk_deletion_running` while another deletion for the account is running.',
      headers: IdempotencyHeader,
      params: OfAccount,
      body: BulkDeletionBody,
      response: { 202: BulkDeletion, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { since } = request.body;
      const deletion = await requestBulkDeletion(pool, {
        ...requesterOf(request),
        target: request.params.id,
        since: since === undefined ? null : new Date(since),
        at: new Date(deps.clock.now()),
        audit: { log: audit, address: request.ip },
      });
      deps.bulkDeletions.wake();
      return reply.code(202).send(deletion);
    },
  });
}

/** Registers the routes that cancel a bulk deletion and list the latest ones. */
function followBulkDeletionRoutes(instance: FastifyInstance, deps: BulkDeletionRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, audit, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'DELETE',
    url: '/admin/accounts/:id/bulk-deletions/:deletion',
    schema: {
      operationId: 'cancelBulkDeletion',
      tags,
      summary: 'Cancel the deletion of all messages of an account',
      description:
        'Messages that are not deleted yet are kept; deleted ones can’t be restored. Refused with ' +
        '`bulk_deletion_done` if the deletion has ended.',
      params: OfDeletion,
      response: { 200: BulkDeletion, ...problems(401, 403, 404, 409) },
    },
    onRequest,
    handler: (request) =>
      cancelBulkDeletion(pool, {
        actor: requesterOf(request).actor,
        target: request.params.id,
        id: request.params.deletion,
        at: new Date(deps.clock.now()),
        audit: { log: audit, address: request.ip },
      }),
  });

  app.route({
    method: 'GET',
    url: '/admin/accounts/:id/bulk-deletions',
    schema: {
      operationId: 'listBulkDeletions',
      tags,
      summary: 'List the latest bulk deletions of an account’s messages and their progress',
      params: OfAccount,
      response: { 200: BulkDeletionsAnswer, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => ({ items: await bulkDeletionsOf(pool, request.params.id) }),
  });
}
