import {
  AccountId,
  AdminAccount,
  ApiKeysAnswer,
  CreateApiKeyBody,
  CreatedApiKey,
  CreateServiceAccountBody,
  ServiceAccountsAnswer,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type pg from 'pg';
import { z } from 'zod';
import type { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { registerAccount } from '../accounts/registration/register.ts';
import { mayAdminister } from '../admin/policy.ts';
import { adminAccountOf, adminAccountsPage, registeredBy } from '../admin/queries.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { requesterOf } from '../http/requester.ts';
import type { Clock } from '../runtime/clock.ts';

interface IntegrationDeps {
  readonly accounts: AccountParts;
  readonly keys: ApiKeys;
  readonly clock: Clock;
}

const tags = ['Service accounts'];
const headers = IdempotencyHeader;
const OfAccount = z.object({ id: AccountId });
const OfKey = z.object({ id: AccountId, keyId: z.uuid() });
/** Service accounts are listed on one page of this size. */
const SERVICES_MAX = 1_000;

/** Registers the routes of service accounts and their API keys. */
export function integrationRoutes(instance: FastifyInstance, deps: IntegrationDeps): void {
  listServiceAccountsRoute(instance, deps);
  createServiceAccountRoute(instance, deps);
  listApiKeysRoute(instance, deps);
  createApiKeyRoute(instance, deps);
  revokeApiKeyRoute(instance, deps);
}

/** Registers the route that lists the service accounts. */
function listServiceAccountsRoute(instance: FastifyInstance, { accounts }: IntegrationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/admin/service-accounts',
    schema: {
      operationId: 'listServiceAccounts',
      tags,
      summary: 'List service accounts',
      response: { 200: ServiceAccountsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: async (request) => {
      const all = { kind: 'service', after: null, limit: SERVICES_MAX } as const;
      return { items: (await adminAccountsPage(pool, sessionOf(request), all)).items };
    },
  });
}

/** Registers the route that creates a service account. */
function createServiceAccountRoute(instance: FastifyInstance, { accounts }: IntegrationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { pool, append, audit, authenticate: onRequest } = accounts;

  app.route({
    method: 'POST',
    url: '/admin/service-accounts',
    schema: {
      operationId: 'createServiceAccount',
      tags,
      summary: 'Create a service account',
      description: 'It cannot log in; it authenticates with API keys.',
      headers,
      body: CreateServiceAccountBody,
      response: { 201: AdminAccount, ...problems(401, 403, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { username, displayName } = request.body;
      const by = requesterOf(request);
      const { outcome } = await registerAccount(append, {
        kind: 'service',
        username,
        displayName,
        email: null,
        passwordHash: null,
        audit: { log: audit, address: request.ip },
        by,
      });
      const id = await registeredBy(pool, storedOrRefuse(outcome));
      reply.code(201);
      return (
        (id && (await adminAccountOf(pool, sessionOf(request), id))) ?? refuse('account_not_found')
      );
    },
  });
}

/** Registers the route that lists the API keys of a service account. */
function listApiKeysRoute(instance: FastifyInstance, deps: IntegrationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { keys } = deps;
  const { pool, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'GET',
    url: '/admin/service-accounts/:id/keys',
    schema: {
      operationId: 'listApiKeys',
      tags,
      summary: 'List the API keys of a service account',
      params: OfAccount,
      response: { 200: ApiKeysAnswer, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => ({
      items: await keys.list((await serviceAccountOf(pool, request)).id),
    }),
  });
}

/** Registers the route that creates an API key. */
function createApiKeyRoute(instance: FastifyInstance, deps: IntegrationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { keys, clock } = deps;
  const { pool, audit, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/admin/service-accounts/:id/keys',
    schema: {
      operationId: 'createApiKey',
      tags,
      summary: 'Create an API key; the response is the only one that contains it',
      params: OfAccount,
      body: CreateApiKeyBody,
      response: { 201: CreatedApiKey, ...problems(401, 403, 404, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id: account } = await serviceAccountOf(pool, request);
      const { name, scopes, expiresAt } = request.body;
      const end = expiresAt === undefined ? null : Date.parse(expiresAt);
      if (end !== null && end <= clock.now()) refuse('invalid', 'expiresAt: must be in the future');
      const createdBy = sessionOf(request).account;
      const { key, stored } = await keys.create({
        account,
        name,
        scopes,
        expiresAt: end,
        createdBy,
        note: (id) =>
          audit.note({
            event: 'api_key_created',
            account,
            actor: createdBy,
            address: request.ip,
            details: { key: id, scopes },
          }),
      });
      reply.code(201);
      return { ...stored, key };
    },
  });
}

/** Registers the route that revokes an API key. */
function revokeApiKeyRoute(instance: FastifyInstance, deps: IntegrationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { keys } = deps;
  const { pool, audit, authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'DELETE',
    url: '/admin/service-accounts/:id/keys/:keyId',
    schema: {
      operationId: 'revokeApiKey',
      tags,
      summary: 'Revoke an API key and close its sockets',
      params: OfKey,
      response: {
        204: z.undefined().describe('The key was revoked'),
        ...problems(401, 403, 404),
      },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id: account } = await serviceAccountOf(pool, request);
      const { keyId: key } = request.params;
      const note = audit.note({
        event: 'api_key_revoked',
        account,
        actor: sessionOf(request).account,
        address: request.ip,
        details: { key },
      });
      if (!(await keys.end(account, key, note))) refuse('not_found');
      return reply.code(204).send();
    },
  });
}

/** Returns the service account of the request, if the caller may manage its API keys. */
async function serviceAccountOf(
  pool: pg.Pool,
  request: FastifyRequest<{ Params: { id: AccountId } }>,
): Promise<AdminAccount> {
  const account = await adminAccountOf(pool, sessionOf(request), request.params.id);
  const verdict = mayAdminister(sessionOf(request).role, account?.role ?? 'member', 'keys');
  if (verdict !== 'yes') refuse(verdict);
  if (account?.kind !== 'service') refuse('account_not_found', 'Service account not found');
  return account;
}
