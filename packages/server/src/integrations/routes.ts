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
import { z } from 'zod';
import type { AccountDeps } from '../accounts/accounts.ts';
import { registerAccount } from '../accounts/register.ts';
import { mayAdminister } from '../admin/policy.ts';
import { adminAccountOf, adminAccountsPage, registeredBy } from '../admin/queries.ts';
import type { Clock } from '../clock.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { refuse, storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import type { ApiKeys } from './keys.ts';

/** What the routes of programs work with. */
export interface IntegrationDeps {
  readonly accounts: AccountDeps;
  readonly keys: ApiKeys;
  readonly clock: Clock;
}

const tags = ['Programs'];
const headers = IdempotencyHeader;
const security = [{ accessToken: [] }, { apiKey: [] }];
const inPerson = [{ accessToken: [] }];
const OfAccount = z.object({ id: AccountId });
const OfKey = z.object({ id: AccountId, keyId: z.uuid() });
/** The service accounts of a server are shown at once. */
const SERVICES_MAX = 1_000;

/** Accounts of programs, and their keys. */
export function integrationRoutes(instance: FastifyInstance, deps: IntegrationDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { keys, clock } = deps;
  const { pool, append, audit, authenticate: onRequest } = deps.accounts;

  /** The account of a program which whoever asks may give keys to. */
  const program = async (request: FastifyRequest<{ Params: { id: AccountId } }>) => {
    const found = await adminAccountOf(pool, request.params.id);
    const verdict = mayAdminister(sessionOf(request).role, found?.role ?? 'member', 'keys');
    if (verdict !== 'yes') refuse(verdict);
    if (found?.kind !== 'service') refuse('account_not_found', 'There is no such program');
    return found;
  };

  app.route({
    method: 'GET',
    url: '/admin/service-accounts',
    schema: {
      operationId: 'listServiceAccounts',
      tags,
      summary: 'The accounts of programs',
      security,
      response: { 200: ServiceAccountsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: async () => {
      const all = { kind: 'service', after: null, limit: SERVICES_MAX } as const;
      return { items: (await adminAccountsPage(pool, all)).items };
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/service-accounts',
    schema: {
      operationId: 'createServiceAccount',
      tags,
      summary: 'Make an account for a program',
      description: 'Nobody can log in to it: it acts with keys alone.',
      security: inPerson,
      headers,
      body: CreateServiceAccountBody,
      response: { 201: AdminAccount, ...problems(401, 403, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { username, displayName } = request.body;
      const by = { actor: sessionOf(request).account, clientId: clientIdOf(request) };
      const { outcome } = await registerAccount(append, {
        kind: 'service',
        username,
        displayName,
        email: null,
        passwordHash: null,
        audit: { log: audit, address: request.ip },
        by,
      });
      const made = await registeredBy(pool, storedOrRefuse(outcome));
      reply.code(201);
      return (made && (await adminAccountOf(pool, made))) ?? refuse('account_not_found');
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/service-accounts/:id/keys',
    schema: {
      operationId: 'listApiKeys',
      tags,
      summary: 'The keys of a program, without the keys themselves',
      security,
      params: OfAccount,
      response: { 200: ApiKeysAnswer, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => ({ items: await keys.list((await program(request)).id) }),
  });

  app.route({
    method: 'POST',
    url: '/admin/service-accounts/:id/keys',
    schema: {
      operationId: 'createApiKey',
      tags,
      summary: 'Give a program a key; it is shown this once',
      security: inPerson,
      params: OfAccount,
      body: CreateApiKeyBody,
      response: { 201: CreatedApiKey, ...problems(401, 403, 404, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id: account } = await program(request);
      const { name, scopes, expiresAt } = request.body;
      const end = expiresAt === undefined ? null : Date.parse(expiresAt);
      if (end !== null && end <= clock.now()) refuse('invalid', 'expiresAt: is in the past');
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

  app.route({
    method: 'DELETE',
    url: '/admin/service-accounts/:id/keys/:keyId',
    schema: {
      operationId: 'revokeApiKey',
      tags,
      summary: 'Take a key back; its sockets close at once',
      security,
      params: OfKey,
      response: {
        204: z.undefined().describe('The key is good for nothing any more'),
        ...problems(401, 403, 404),
      },
    },
    onRequest,
    handler: async (request, reply) => {
      const { id: account } = await program(request);
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
