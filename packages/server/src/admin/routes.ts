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
  UpdateAccountBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { AccountDeps } from '../accounts/accounts.ts';
import { registerAccount } from '../accounts/register.ts';
import type { Config } from '../config.ts';
import type { SecondFactors } from '../factors/factors.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { RefusalError, refuse, storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import { pageCursor } from '../http/page.ts';
import type { ApiKeys } from '../integrations/keys.ts';
import { deleteAccount } from '../own-data/delete.ts';
import type { Erasures } from '../own-data/erasures.ts';
import { withTransaction } from '../storage/database.ts';
import type { Outcome } from '../stream/append.ts';
import { deactivateAccount, reactivateAccount, updateAccount } from './commands.ts';
import { latestEmails } from './emails.ts';
import { mayCreate } from './policy.ts';
import { adminAccountOf, adminAccountsPage, allowed, registeredBy } from './queries.ts';
import { describeSettings } from './settings.ts';

/** What the routes of administration work with. */
export interface AdminDeps {
  readonly accounts: AccountDeps;
  readonly keys: ApiKeys;
  readonly factors: SecondFactors;
  readonly erasures: Erasures;
  readonly config: Config;
}

const Place = z.tuple([z.string().refine(isStorable), AccountId]);
const OfAccount = z.object({ id: AccountId });
const tags = ['Administration'];
const headers = IdempotencyHeader;
const security = [{ accessToken: [] }, { apiKey: [] }];
const inPerson = [{ accessToken: [] }];

/** Accounts and settings, for those who run the server. */
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

  /** The accounts with their locks, which are counted elsewhere. */
  const withLocks = async (items: readonly AdminAccount[]): Promise<AdminAccount[]> => {
    const locks = await limits.locks(items.map((item) => item.id));
    return items.map((item) => {
      const lock = locks.get(item.id);
      const ends = [lock?.until ?? 0, ...(lock?.addresses ?? []).map((a) => a.until)];
      const until = Math.max(...ends);
      return until > 0 ? { ...item, lockedUntil: new Date(until).toISOString() } : item;
    });
  };
  const show = async (id: AccountId) => {
    const found = (await adminAccountOf(pool, id)) ?? refuse('account_not_found');
    return (await withLocks([found]))[0] ?? found;
  };
  const asked = (request: FastifyRequest<{ Params: { id: AccountId } }>) => ({
    actor: sessionOf(request).account,
    clientId: clientIdOf(request),
    target: request.params.id,
    audit: { log: audit, address: request.ip },
  });

  app.route({
    method: 'GET',
    url: '/admin/accounts',
    schema: {
      operationId: 'listAccounts',
      tags,
      summary: 'All accounts, with what only admins see',
      description: '`search` finds parts of names and of e-mail addresses.',
      security,
      querystring: AdminAccountsQuery,
      response: { 200: AdminAccountsPage, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request) => {
      const { after, ...wanted } = request.query;
      const place = pageCursor.read(after, Place);
      const from = place && { name: place[0], id: place[1] };
      const { items, next } = await adminAccountsPage(pool, { ...wanted, after: from });
      return {
        items: await withLocks(items),
        next: next && pageCursor.write([next.name, next.id]),
      };
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts',
    schema: {
      operationId: 'createAccount',
      tags,
      summary: 'Make an account for somebody',
      description:
        'Without a password, the person sets one with “forgot password”. Only owners make admins.',
      security,
      headers,
      body: CreateAccountBody,
      response: { 201: AdminAccount, ...problems(401, 403, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account: actor, role: own } = sessionOf(request);
      const { username, displayName, email, password, role } = request.body;
      const verdict = mayCreate(own, role);
      if (verdict !== 'yes') refuse(verdict);
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
        by,
        audit: { log: audit, address: request.ip },
      });
      reply.code(201);
      return showRegistered(outcome);
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'getAccount',
      tags,
      summary: 'One account, with what only admins see',
      security,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: (request) => show(request.params.id),
  });

  app.route({
    method: 'PATCH',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'updateAccount',
      tags,
      summary: 'Change names, address or role',
      description:
        'A changed address has to be verified anew. Only owners change roles, and an owner remains.',
      security,
      headers,
      params: OfAccount,
      body: UpdateAccountBody,
      response: { 200: AdminAccount, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const r = asked(request);
      if (Object.keys(request.body).length > 0) {
        storedOrRefuse(await updateAccount(append, r, request.body));
        // The role is looked at anew with the next request.
        sessions.forget(r.target);
      }
      return show(r.target);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'deleteAccount',
      tags,
      summary: 'Delete an account, for good',
      description: 'Its messages stay, as those of a deleted account, or go too.',
      security: inPerson,
      headers,
      params: OfAccount,
      querystring: DeleteAccountQuery,
      response: { 204: z.undefined().describe('Done'), ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const r = asked(request);
      const ended = await keys.list(r.target);
      storedOrRefuse(await deleteAccount(append, r, request.query.messages));
      await sessions.endAll(r.target);
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
      summary: 'Take an account out of use; it is out at once, everywhere',
      security,
      headers,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request) => {
      const r = asked(request);
      storedOrRefuse(await deactivateAccount(append, r));
      await Promise.all([sessions.endAll(r.target), keys.closeAll(r.target)]);
      return show(r.target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/reactivate',
    schema: {
      operationId: 'reactivateAccount',
      tags,
      summary: 'Take an account into use again',
      security,
      headers,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const r = asked(request);
      storedOrRefuse(await reactivateAccount(append, r));
      return show(r.target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/unlock',
    schema: {
      operationId: 'unlockAccount',
      tags,
      summary: 'Let somebody log in again who has tried too often',
      security,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = asked(request);
      const who = { account: target, actor, address: request.ip };
      const note = audit.note({ event: 'account_unlocked', ...who });
      await withTransaction(pool, async (client) => {
        await allowed(client, actor, target, 'unlock');
        await note.store(client);
      });
      note.tell();
      await Promise.all([limits.unlock(target), limits.clear('secondFactor', target)]);
      return show(target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/reset-second-factor',
    schema: {
      operationId: 'resetSecondFactor',
      tags,
      summary: 'Take all second factors of an account away; its sessions end',
      description: 'For somebody who has lost them and their recovery codes.',
      security: inPerson,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = asked(request);
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
      return show(target);
    },
  });

  app.route({
    method: 'POST',
    url: '/admin/accounts/:id/end-sessions',
    schema: {
      operationId: 'endAccountSessions',
      tags,
      summary: 'End all sessions of an account, and log-ins that are under way',
      description:
        'One’s own session goes on. API keys do, too: they are revoked one by one. Asks for a ' +
        'log-in, or the password at `/me/reauthenticate`, of the last ten minutes.',
      security: inPerson,
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: async (request) => {
      const { actor, target } = asked(request);
      const { id } = sessionOf(request);
      await sessions.requireRecent(id);
      const who = { account: target, actor, address: request.ip };
      const note = audit.note({ event: 'sessions_ended', ...who });
      await sessions.endAll(target, {
        except: actor === target ? id : undefined,
        change: async (client) => {
          await allowed(client, actor, target, 'end_sessions');
          await client.query({
            name: 'admin-end-logins',
            text: `update accounts set credentials_version = credentials_version + 1
                   where id = $1`,
            values: [target],
          });
          await note.store(client);
        },
      });
      note.tell();
      return show(target);
    },
  });

  app.route({
    method: 'GET',
    url: '/admin/settings',
    schema: {
      operationId: 'listSettings',
      tags,
      summary: 'The settings that the server runs with',
      description: 'They are made in its environment. Of secrets only whether they are set.',
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
      summary: 'The latest mails and what became of them',
      description:
        'Without SMTP_URL mails lie in the outbox, and their words are shown for an admin to pass ' +
        'on; those to owners and other admins to owners alone.',
      security: inPerson,
      response: { 200: EmailsAnswer, ...problems(401, 403) },
    },
    onRequest,
    handler: async (request) => ({
      items: await latestEmails({ pool, dataDir: config.dataDir }, sessionOf(request)),
    }),
  });

  async function showRegistered(outcome: Outcome) {
    const made = await registeredBy(pool, storedOrRefuse(outcome));
    return made ? show(made) : refuse('account_not_found');
  }
}
