import {
  AccountId,
  AdminAccount,
  AdminAccountsPage,
  AdminAccountsQuery,
  CreateAccountBody,
  DeleteAccountQuery,
  isStorable,
  UpdateAccountBody,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiKeys } from '../accounts/api-keys/api-keys.ts';
import type { AccountParts } from '../accounts/parts.ts';
import { registerAccount } from '../accounts/registration/register.ts';
import { refusalOfGuestGroups, streamsOfGuestChange } from '../conversations/guest-groups.ts';
import type { Erasures } from '../erasure/erasures.ts';
import { sessionOf } from '../http/authenticate.ts';
import { IdempotencyHeader, problems } from '../http/describe.ts';
import { RefusalError, refuse, storedOrRefuse } from '../http/errors.ts';
import { clientIdOf } from '../http/idempotency.ts';
import { pageCursor } from '../http/page.ts';
import type { Outcome } from '../stream/append.ts';
import { type AccountChange, type AdminRequest, updateAccount } from './commands.ts';
import { deleteAccount } from './delete-account.ts';
import { GROUPS_CHANGED } from './guest-change.ts';
import { creatableRoles, mayCreate } from './policy.ts';
import { adminAccountsPage, registeredBy } from './queries.ts';
import { adminRequestOf, shownAccount, withLocks } from './shown-account.ts';

/** What changes and deletes accounts: a deleted one loses its API keys, and is erased. */
export interface AccountRoutesDeps {
  readonly accounts: AccountParts;
  readonly keys: ApiKeys;
  readonly erasures: Erasures;
}

/** Attempts to change a role while the groups of the account change. */
const GUEST_ATTEMPTS = 5;

const PageStart = z.tuple([z.string().refine(isStorable), AccountId]);
const OfAccount = z.object({ id: AccountId });
const tags = ['Administration'];
const headers = IdempotencyHeader;

/** Registers the routes that let admins list, create, change and delete accounts. */
export function accountRoutes(instance: FastifyInstance, deps: AccountRoutesDeps): void {
  listAccountsRoute(instance, deps);
  createAccountRoute(instance, deps);
  updateAccountRoutes(instance, deps);
  deleteAccountRoute(instance, deps);
}

/** Registers the route that lists accounts. */
function listAccountsRoute(instance: FastifyInstance, deps: AccountRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts } = deps;
  const { pool, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/admin/accounts',
    schema: {
      operationId: 'listAccounts',
      tags,
      summary: 'List accounts',
      description: '`search` matches parts of names and of email addresses.',
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
        items: await withLocks(accounts, items),
        next: next && pageCursor.write([next.name, next.id]),
        creatableRoles: creatableRoles(by.role),
      };
    },
  });
}

/** Registers the route that creates a user. */
function createAccountRoute(instance: FastifyInstance, deps: AccountRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts } = deps;
  const { authenticate: onRequest } = accounts;

  app.route({
    method: 'POST',
    url: '/admin/accounts',
    schema: {
      operationId: 'createAccount',
      tags,
      summary: 'Create a user',
      description:
        'Without a password, the user sets one with “Forgot password”. Only owners can create admins. A guest joins only the groups of `guest`.',
      headers,
      body: CreateAccountBody,
      response: { 201: AdminAccount, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request, reply) => {
      const account = await createAccount(accounts, request);
      reply.code(201);
      return shownAccount(accounts, sessionOf(request), account);
    },
  });
}

/** Registers the routes that return and change an account. */
function updateAccountRoutes(instance: FastifyInstance, deps: AccountRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts } = deps;
  const { sessions, authenticate: onRequest } = accounts;

  app.route({
    method: 'GET',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'getAccount',
      tags,
      summary: 'Get an account',
      params: OfAccount,
      response: { 200: AdminAccount, ...problems(401, 403, 404) },
    },
    onRequest,
    handler: (request) => shownAccount(accounts, sessionOf(request), request.params.id),
  });

  app.route({
    method: 'PATCH',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'updateAccount',
      tags,
      summary: 'Update an account',
      description:
        'A changed address has to be verified again. Only owners can make admins and owners; one owner must remain. ' +
        'Admins can turn members into guests and back: a new guest leaves the default group and all public groups ' +
        'except `keepGroups`, and the sessions of the account end.',
      headers,
      params: OfAccount,
      body: UpdateAccountBody,
      response: { 200: AdminAccount, ...problems(401, 403, 404, 409, 422, 503) },
    },
    onRequest,
    handler: async (request) => {
      const command = adminRequestOf(accounts, request);
      if (Object.keys(request.body).length > 0) {
        storedOrRefuse(await updateWithRetry(accounts, command, request.body));
        // The next request reads the new role, or that the session has ended.
        sessions.forget(command.target);
      }
      return shownAccount(accounts, sessionOf(request), command.target);
    },
  });
}

/** Registers the route that deletes an account permanently. */
function deleteAccountRoute(instance: FastifyInstance, deps: AccountRoutesDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { accounts, keys, erasures } = deps;
  const { append, sessions, authenticate: onRequest } = accounts;

  app.route({
    method: 'DELETE',
    url: '/admin/accounts/:id',
    schema: {
      operationId: 'deleteAccount',
      tags,
      summary: 'Delete an account permanently',
      description: 'Its messages are kept, as those of a deleted account, or deleted too.',
      headers,
      params: OfAccount,
      querystring: DeleteAccountQuery,
      response: { 204: z.undefined().describe('Done'), ...problems(401, 403, 404, 409, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const command = adminRequestOf(accounts, request);
      const ended = await keys.list(command.target);
      storedOrRefuse(await deleteAccount(append, command, request.query.messages));
      await sessions.endAll(command.target);
      keys.close(ended);
      erasures.wake();
      return reply.code(204).send();
    },
  });
}

/** Updates an account; retries if it joins or leaves groups in the meantime. */
async function updateWithRetry(
  { pool, append }: Pick<AccountParts, 'pool' | 'append'>,
  command: AdminRequest,
  change: AccountChange,
): Promise<Outcome> {
  for (let attempt = 1; ; attempt++) {
    const { role } = change;
    const locks = role === undefined ? [] : await streamsOfGuestChange(pool, command.target, role);
    const outcome = await updateAccount(append, command, change, locks);
    const isOutdated = outcome.kind === 'refused' && outcome.refusal === GROUPS_CHANGED;
    if (!isOutdated || attempt === GUEST_ATTEMPTS) return outcome;
  }
}

/** Creates the account of the request, if the caller may create one with that role and those groups. */
async function createAccount(
  { pool, append, passwords, audit }: AccountParts,
  request: FastifyRequest<{ Body: z.output<typeof CreateAccountBody> }>,
): Promise<AccountId> {
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
  return (await registeredBy(pool, storedOrRefuse(outcome))) ?? refuse('account_not_found');
}
