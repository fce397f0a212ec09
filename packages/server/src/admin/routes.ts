import {
  AccountId,
  AdminAccount,
  AdminAccountsPage,
  AdminAccountsQuery,
  CreateAccountBody,
  DeleteAccountQuery,
  EmailsAnswer,
  isStorable,
  SettingsAnswer,
  SuspendBody,
  UpdateAccountBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { registerAccount } from '../accounts/registration/register.ts';
import type { Config } from '../config.ts';
import { refusalOfGuestGroups, streamsOfGuestChange } from '../conversations/guest-groups.ts';
import type { Erasures } from '../erasure/erasures.ts';
import type { SecondFactors } from '../factors/factors.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { RefusalError, refuse, storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import { pageCursor } from '../http/page.ts';
import { requesterOf } from '../http/requester.ts';
import { withTransaction } from '../storage/database.ts';
import type { Outcome } from '../stream/append.ts';
import {
  type AccountChange,
  type AdminRequest,
  deactivateAccount,
  reactivateAccount,
  updateAccount,
} from './commands.ts';
import { deleteAccount } from './delete-account.ts';
import { latestEmails } from './emails.ts';
import { endAccess, loginsEnded } from './end-access.ts';
import { GROUPS_CHANGED } from './guest-change.ts';
import { type Administrator, creatableRoles, mayCreate } from './policy.ts';
import { adminAccountOf, adminAccountsPage, allowed, registeredBy } from './queries.ts';
import { describeSettings } from './settings.ts';
import { suspendAccount, unsuspendAccount } from './suspend-account.ts';

/** What the admin routes are constructed with. */
export interface AdminDeps {
  readonly accounts: AccountParts;
  readonly keys: ApiKeys;
  readonly factors: SecondFactors;
  readonly erasures: Erasures;
  readonly config: Config;
}

/** Attempts to change a role while the groups of the account change. */
const GUEST_ATTEMPTS = 5;

const PageStart = z.tuple([z.string().refine(isStorable), AccountId]);
const OfAccount = z.object({ id: AccountId });
const tags = ['Administration'];
const headers = IdempotencyHeader;
const security = [{ accessToken: [] }, { apiKey: [] }];
const sessionOnly = [{ accessToken: [] }];

/** Registers the routes that administer accounts and settings. */
export function adminRoutes(instance: FastifyInstance, deps: AdminDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { keys, factors, erasures, config } = deps;
  const {
    pool,
    append,
    sessions,
    passwords,
    limits,
    audit,
    authenticate: onRequest,
  } = deps.accounts;

  /** Adds the log-in locks, which are stored apart from the accounts. */
  const withLocks = async (items: readonly AdminAccount[]): Promise<AdminAccount[]> => {
    const locks = await limits.locks(items.map((item) => item.id));
    return items.map((item) => {
      const lock = locks.get(item.id);
      const ends = [lock?.until ?? 0, ...(lock?.addresses ?? []).map((a) => a.until)];
      const until = Math.max(...ends);
      return until > 0 ? { ...item, lockedUntil: new Date(until).toISOString() } : item;
    });
  };
  const showAccount = async (by: Administrator, id: AccountId) => {
    const found = (await adminAccountOf(pool, by, id)) ?? refuse('account_not_found');
    return (await withLocks([found]))[0] ?? found;
  };
  /** Tries again while the account joins and leaves groups meanwhile. */
  const update = async (command: AdminRequest, change: AccountChange): Promise<Outcome> => {
    for (let attempt = 1; ; attempt++) {
      const { role } = change;
      const locks =
        role === undefined ? [] : await streamsOfGuestChange(pool, command.target, role);
      const outcome = await updateAccount(append, command, change, locks);
      const isOutdated = outcome.kind === 'refused' && outcome.refusal === GROUPS_CHANGED;
      if (!isOutdated || attempt === GUEST_ATTEMPTS) return outcome;
    }
  };
  const adminRequestOf = (request: FastifyRequest<{ Params: { id: AccountId } }>) => ({
    ...requesterOf(request),
    target: request.params.id,
    audit: { log: audit, address: request.ip },
  });

  app.route({
    method: 'GET',
    url: '/admin/accounts',
    schema: {
      operationId: 'listAccounts',
      tags,
      summary: 'List accounts',
      description: '`search` matches parts of names and of email addresses.',
      security,
      querystring: AdminAccountsQuery,
      response: { 200: AdminAccountsPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, ...wanted } = request.query;
      const by = sessionOf(request);
      const place = pageCursor.read(after, PageStart);
      const from = place && { name: place[0], id: place[1] };
      const { items, next } = await adminAccountsPage(pool, by, { ...wanted, after: from });
      return {
        items: await withLocks(items),
        next: next && pageCursor.write([next.name, next.id]),
        creatableRoles: creatableRoles(by.role),
      };
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts',
    schema: {
      operationId: 'createAccount',
      tags,
      summary: 'Create a user',
      description:
        'Without a password, the user sets one with “Forgot password”. Only owners can create admins. A guest joins only the groups of `guest`.',
      security,
      headers,
      body: CreateAccountBody,
      response: { 201: AdminAccount, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account: actor, role: own } = sessionOf(request);
      const { username, displayName, email, password, role, guest } = request.body;
      const verdict = mayCreate(own, role);
      if (verdict !== 'yes') refuse(verdict);
      if ((role === 'guest') !== (guest !== undefined)) {
        refuse('invalid', 'A guest needs `guest`, and no other account has it');
      }
      const refused = await refusalOfGuestGroups(pool, actor, guest?.groups ?? []);
      if (refused) throw new RefusalError(refused);
      const { overload } = passwords;
      if (password !== undefined && overload) throw new RefusalError(overload);
      const passwordHash = password === undefined ? null : await passwords.hash(password);
      const by = { actor, clientId: clientIdOf(request) };
      const { outcome } = await registerAccount(append, {
        username,
        displayName,
        email,
        passwordHash,
        role,
        guest: guest && { ...guest, invitedBy: actor },
        by,
        audit: { log: audit, address: request.ip },
      });
      reply.code(201);
      return showRegistered(sessionOf(request), outcome);
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'getAccount',
      tags,
      summary: 'Get an account',
      security,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: (request) => showAccount(sessionOf(request), request.params.id),
  });

  app.route({
    method: 'PATCH',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'updateAccount',
      tags,
      summary: 'Update an account',
      description:
        'A changed address has to be verified again. Only owners make admins and owners; one owner must remain. ' +
        'Admins make members guests, and guests members: a new guest leaves the group of everyone and all public groups ' +
        'except `keepGroups`, and the sessions of the account end.',
      security,
      headers,
      params: OfAccount,
      body: UpdateAccountBody,
      response: { 200: AdminAccount, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(request);
      if (Object.keys(request.body).length > 0) {
        storedOrRefuse(await update(command, request.body));
        // The next request reads the new role, or that the session has ended.
        sessions.forget(command.target);
      }
      return showAccount(sessionOf(request), command.target);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'deleteAccount',
      tags,
      summary: 'Delete an account permanently',
      description: 'Its messages are kept, as those of a deleted account, or deleted too.',
      security: sessionOnly,
      headers,
      params: OfAccount,
      querystring: DeleteAccountQuery,
      response: { 204: z.undefined().describe('Done'), ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const command = adminRequestOf(request);
      const ended = await keys.list(command.target);
      storedOrRefuse(await deleteAccount(append, command, request.query.messages));
      await sessions.endAll(command.target);
      keys.close(ended);
      erasures.wake();
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/deactivate',
    schema: {
      operationId: 'deactivateAccount',
      tags,
      summary: 'Deactivate an account and end its sessions',
      security,
      headers,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(request);
      storedOrRefuse(await deactivateAccount(append, command));
      await endAccess({ sessions, keys }, command.target);
      return showAccount(sessionOf(request), command.target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/reactivate',
    schema: {
      operationId: 'reactivateAccount',
      tags,
      summary: 'Reactivate an account',
      security,
      headers,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(request);
      storedOrRefuse(await reactivateAccount(append, command));
      return showAccount(sessionOf(request), command.target);
    },
  });

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
      security,
      headers,
      params: OfAccount,
      body: SuspendBody,
      response: { 200: AdminAccount, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(request);
      storedOrRefuse(await suspendAccount(append, command, request.body));
      await endAccess({ sessions, keys }, command.target);
      return showAccount(sessionOf(request), command.target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/unsuspend',
    schema: {
      operationId: 'unsuspendAccount',
      tags,
      summary: 'Unsuspend an account before its suspension ends',
      security,
      headers,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(request);
      storedOrRefuse(await unsuspendAccount(append, command));
      return showAccount(sessionOf(request), command.target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/unlock',
    schema: {
      operationId: 'unlockAccount',
      tags,
      summary: 'Remove the lock after too many failed log-ins',
      security,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = adminRequestOf(request);
      const who = { account: target, actor, address: request.ip };
      const note = audit.note({ event: 'account_unlocked', ...who });
      await withTransaction(pool, async (client) => {
        await allowed(client, actor, target, 'unlock');
        await note.store(client);
      });
      note.tell();
      await Promise.all([limits.unlock(target), limits.clear('secondFactor', target)]);
      return showAccount(sessionOf(request), target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/reset-second-factor',
    schema: {
      operationId: 'resetSecondFactor',
      tags,
      summary: 'Remove all second factors of an account and end its sessions',
      description: 'For users who have lost their second factors and recovery codes.',
      security: sessionOnly,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = adminRequestOf(request);
      const who = { account: target, actor, address: request.ip };
      const note = audit.note({ event: 'factors_reset', ...who });
      await sessions.endAll(target, {
        change: async (client) => {
          await allowed(client, actor, target, 'reset_second_factor');
          await factors.removeAll(target, client);
          await note.store(client);
        },
      });
      note.tell();
      return showAccount(sessionOf(request), target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/end-sessions',
    schema: {
      operationId: 'endAccountSessions',
      tags,
      summary: 'End all sessions and unfinished log-ins of an account',
      description:
        'The caller’s own session is kept, and so are API keys, which are revoked one by one. Requires ' +
        'a log-in or a call of `/me/reauthenticate` within the last ten minutes.',
      security: sessionOnly,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = adminRequestOf(request);
      const { id } = sessionOf(request);
      await sessions.requireRecent(id);
      const who = { account: target, actor, address: request.ip };
      const note = audit.note({ event: 'sessions_ended', ...who });
      await sessions.endAll(target, {
        except: actor === target ? id : undefined,
        change: async (client) => {
          await allowed(client, actor, target, 'end_sessions');
          await client.query(loginsEnded(target));
          await note.store(client);
        },
      });
      note.tell();
      return showAccount(sessionOf(request), target);
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/environment',
    schema: {
      operationId: 'listEnvironment',
      tags,
      summary: 'List the environment variables of the server',
      description: 'For secrets, only whether they are set.',
      security,
      response: { 200: SettingsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: async () => ({ items: describeSettings(config) }),
  });

  app.route({
    method: 'GET',
    url: '/admin/emails',
    schema: {
      operationId: 'listEmail',
      tags,
      summary: 'List the latest emails and their delivery status',
      description:
        'Without SMTP_URL, emails are written to the outbox and their text is included, so that an admin can ' +
        'pass them on. Only owners see the text of emails to owners and other admins.',
      security: sessionOnly,
      response: { 200: EmailsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: async (request) => ({
      items: await latestEmails({ pool, dataDir: config.dataDir }, sessionOf(request)),
    }),
  });

  async function showRegistered(by: Administrator, outcome: Outcome) {
    const account = await registeredBy(pool, storedOrRefuse(outcome));
    return account ? showAccount(by, account) : refuse('account_not_found');
  }
}
