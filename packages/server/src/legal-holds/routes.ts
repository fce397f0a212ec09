import {
  CreateLegalHoldBody,
  HoldableGroupsAnswer,
  HoldableGroupsQuery,
  LegalHold,
  LegalHoldsPage,
  LegalHoldsQuery,
  Timestamp,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { pageCursor } from '../http/page.ts';
import { requesterOf } from '../http/requester.ts';
import type { Clock } from '../runtime/clock.ts';
import { placeLegalHold, releaseLegalHold } from './commands.ts';
import { type ExportDeps, exportRoutes } from './export-routes.ts';
import type { LegalHoldPurge } from './purge.ts';
import { holdableGroups, legalHold, legalHolds } from './queries.ts';
import { OfHold, RECENT, tags } from './requests.ts';

interface LegalHoldRoutesDeps extends ExportDeps {
  readonly purge: Pick<LegalHoldPurge, 'wake'>;
  readonly clock: Clock;
}

const Place = z.object({ at: Timestamp, id: z.uuid() });

/** Registers the routes that let owners place, read, export and release legal holds. */
export function legalHoldRoutes(instance: FastifyInstance, deps: LegalHoldRoutesDeps): void {
  listLegalHoldsRoute(instance, deps);
  createLegalHoldRoute(instance, deps);
  getLegalHoldRoutes(instance, deps);
  releaseLegalHoldRoute(instance, deps);
  exportRoutes(instance, deps);
}

/** Registers the route that lists the legal holds. */
function listLegalHoldsRoute(instance: FastifyInstance, { accounts }: LegalHoldRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/admin/legal-holds',
    schema: {
      operationId: 'listLegalHolds',
      tags,
      summary: 'List the legal holds, including released ones, the latest first',
      querystring: LegalHoldsQuery,
      response: { 200: LegalHoldsPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, limit } = request.query;
      const { items, next } = await legalHolds(pool, pageCursor.read(after, Place), limit);
      return { items, next: next && pageCursor.write(next) };
    },
  });
}

/** Registers the route that places a legal hold. */
function createLegalHoldRoute(instance: FastifyInstance, deps: LegalHoldRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/admin/legal-holds',
    schema: {
      operationId: 'createLegalHold',
      tags,
      summary: 'Place a legal hold over accounts and conversations',
      description:
        'While it is in force, deleted messages that it covers are kept for its export, with all versions of their ' +
        'texts and with their files, whether a user or retention deleted them. ' +
        'Everyone else sees deletions as usual, and the accounts that it covers are not notified.',
      headers: IdempotencyHeader,
      body: CreateLegalHoldBody,
      response: { 201: LegalHold, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { since, until, ...hold } = request.body;
      const placed = await placeLegalHold(
        pool,
        holdRequestOf(deps, request, requesterOf(request).clientId),
        {
          ...hold,
          since: since ? new Date(since) : null,
          until: until ? new Date(until) : null,
        },
      );
      return reply.code(201).send(placed);
    },
  });
}

/** Registers the routes that find groups for a legal hold, and return one. */
function getLegalHoldRoutes(instance: FastifyInstance, { accounts }: LegalHoldRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/admin/legal-holds/groups',
    schema: {
      operationId: 'findHoldableGroups',
      tags,
      summary:
        'Find groups for a legal hold by part of their names, including private and deleted ones',
      querystring: HoldableGroupsQuery,
      response: { 200: HoldableGroupsAnswer, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: (request) => holdableGroups(pool, request.query.search),
  });

  app.route({
    method: 'GET',
    url: '/admin/legal-holds/:id',
    schema: {
      operationId: 'getLegalHold',
      tags,
      summary: 'Get a legal hold',
      params: OfHold,
      response: { 200: LegalHold, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) =>
      (await legalHold(pool, request.params.id)) ?? refuse('legal_hold_not_found'),
  });
}

/** Registers the route that releases a legal hold. */
function releaseLegalHoldRoute(instance: FastifyInstance, deps: LegalHoldRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, sessions, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/admin/legal-holds/:id/release',
    schema: {
      operationId: 'releaseLegalHold',
      tags,
      summary: 'Release a legal hold',
      description:
        'What it alone has kept of deleted messages is deleted in the background. Releasing it again changes ' +
        `nothing. ${RECENT}`,
      params: OfHold,
      response: { 200: LegalHold, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      await sessions.requireRecent(sessionOf(request).id);
      const released = await releaseLegalHold(
        pool,
        holdRequestOf(deps, request, request.params.id),
      );
      deps.purge.wake();
      return released;
    },
  });
}

/** Returns who requests a change of a legal hold, when, and where it is recorded. */
const holdRequestOf = (
  { accounts: { audit }, clock }: LegalHoldRoutesDeps,
  request: FastifyRequest,
  id: string,
) => ({
  ...{ actor: sessionOf(request).account, id },
  at: new Date(clock.now()),
  audit: { log: audit, address: request.ip },
});
