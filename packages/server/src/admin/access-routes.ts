import { AccountId, AdminAccount, SuspendBody } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import type { AccountParts } from '../accounts/parts.ts';
import type { SecondFactors } from '../factors/factors.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { storedOrRefuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import { deactivateAccount, reactivateAccount } from './commands.ts';
import { endAccess, loginsEnded } from './end-access.ts';
import { requirePermission } from './queries.ts';
import { adminRequestOf, shownAccount } from './shown-account.ts';
import { suspendAccount, unsuspendAccount } from './suspend-account.ts';

/** What gives an account access: sessions (in `accounts`), API keys, second factors. */
export interface AccessDeps {
  readonly accounts: AccountParts;
  readonly keys: ApiKeys;
  readonly factors: SecondFactors;
}

const OfAccount = z.object({ id: AccountId });
const tags = ['Administration'];
const headers = IdempotencyHeader;

/** Registers the routes that let admins deactivate, suspend and reactivate accounts. */
export function suspensionRoutes(instance: FastifyInstance, deps: AccessDeps): void {
  deactivationRoutes(instance, deps);
  suspendRoutes(instance, deps);
}

/** Registers the routes that deactivate and reactivate an account. */
function deactivationRoutes(instance: FastifyInstance, deps: AccessDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts, keys } = deps;
  const { append, sessions, authenticate: onRequest } = accounts;

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/deactivate',
    schema: {
      operationId: 'deactivateAccount',
      tags,
      summary: 'Deactivate an account and end its sessions',
      headers,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(accounts, request);
      storedOrRefuse(await deactivateAccount(append, command));
      await endAccess({ sessions, keys }, command.target);
      return shownAccount(accounts, sessionOf(request), command.target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/reactivate',
    schema: {
      operationId: 'reactivateAccount',
      tags,
      summary: 'Reactivate an account',
      headers,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(accounts, request);
      storedOrRefuse(await reactivateAccount(append, command));
      return shownAccount(accounts, sessionOf(request), command.target);
    },
  });
}

/** Registers the routes that suspend an account, and end its suspension. */
function suspendRoutes(instance: FastifyInstance, deps: AccessDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts, keys } = deps;
  const { append, sessions, authenticate: onRequest } = accounts;

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/suspend',
    schema: {
      operationId: 'suspendAccount',
      tags,
      summary: 'Suspend an account until a given time or indefinitely',
      description:
        'The account can’t log in or act until then; access is restored automatically. Its sessions end, and its API keys are ' +
        'rejected until then. Without an end (`until` is null), an admin has to end the suspension. Suspending a suspended account replaces the end and the reason.',
      headers,
      params: OfAccount,
      body: SuspendBody,
      response: { 200: AdminAccount, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(accounts, request);
      storedOrRefuse(await suspendAccount(append, command, request.body));
      await endAccess({ sessions, keys }, command.target);
      return shownAccount(accounts, sessionOf(request), command.target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/unsuspend',
    schema: {
      operationId: 'unsuspendAccount',
      tags,
      summary: 'Unsuspend an account before its suspension ends',
      headers,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(accounts, request);
      storedOrRefuse(await unsuspendAccount(append, command));
      return shownAccount(accounts, sessionOf(request), command.target);
    },
  });
}

/** Registers the routes that let admins unlock accounts, reset their factors and end their sessions. */
export function accountSecurityRoutes(instance: FastifyInstance, deps: AccessDeps): void {
  unlockAccountRoute(instance, deps);
  resetSecondFactorRoute(instance, deps);
  endSessionsRoute(instance, deps);
}

/** Registers the route that removes the lock of an account after failed logins. */
function unlockAccountRoute(instance: FastifyInstance, deps: AccessDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts } = deps;
  const { pool, limits, audit, authenticate: onRequest } = accounts;

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/unlock',
    schema: {
      operationId: 'unlockAccount',
      tags,
      summary: 'Remove the lock after too many failed logins',
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = adminRequestOf(accounts, request);
      const who = { account: target, actor, address: request.ip };
      const note = audit.note({ event: 'account_unlocked', ...who });
      await withTransaction(pool, async (client) => {
        await requirePermission(client, actor, target, 'unlock');
        await note.store(client);
      });
      note.log();
      await Promise.all([limits.unlock(target), limits.clear('secondFactor', target)]);
      return shownAccount(accounts, sessionOf(request), target);
    },
  });
}

/** Registers the route that removes all second factors of an account. */
function resetSecondFactorRoute(instance: FastifyInstance, deps: AccessDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts, factors } = deps;
  const { sessions, audit, authenticate: onRequest } = accounts;

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/reset-second-factor',
    schema: {
      operationId: 'resetSecondFactor',
      tags,
      summary: 'Remove all second factors of an account and end its sessions',
      description: 'For users who have lost their second factors and recovery codes.',
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = adminRequestOf(accounts, request);
      const who = { account: target, actor, address: request.ip };
      const note = audit.note({ event: 'factors_reset', ...who });
      await sessions.endAll(target, {
        change: async (client) => {
          await requirePermission(client, actor, target, 'reset_second_factor');
          await factors.removeAll(target, client);
          await note.store(client);
        },
      });
      note.log();
      return shownAccount(accounts, sessionOf(request), target);
    },
  });
}

/** Registers the route that ends all sessions and unfinished logins of an account. */
function endSessionsRoute(instance: FastifyInstance, deps: AccessDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts } = deps;
  const { sessions, audit, authenticate: onRequest } = accounts;

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/end-sessions',
    schema: {
      operationId: 'endAccountSessions',
      tags,
      summary: 'End all sessions and unfinished logins of an account',
      description:
        'The caller’s own session is kept, and so are API keys, which are revoked one by one. Requires ' +
        'a login or a call of `/me/reauthenticate` within the last ten minutes.',
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = adminRequestOf(accounts, request);
      const { id } = sessionOf(request);
      await sessions.requireRecent(id);
      const who = { account: target, actor, address: request.ip };
      const note = audit.note({ event: 'sessions_ended', ...who });
      await sessions.endAll(target, {
        except: actor === target ? id : undefined,
        change: async (client) => {
          await requirePermission(client, actor, target, 'end_sessions');
          await client.query(loginsEnded(target));
          await note.store(client);
        },
      });
      note.log();
      return shownAccount(accounts, sessionOf(request), target);
    },
  });
}
