import {
  type AccountId,
  PasswordBody,
  RecoveryCodes,
  TotpConfirmBody,
  TotpSetup,
} from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { meOf } from '../accounts/users/queries.ts';
import { type Session, sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import type { FactorDeps } from './login-requests.ts';
import { confirmUser, done, removeOwnFactor, tags } from './own-factor-requests.ts';

/** Registers the routes that let users set up, confirm and remove their authenticator app. */
export function totpRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { factors } = deps;
  const { authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/me/totp',
    schema: {
      operationId: 'setUpTotp',
      tags,
      summary: 'Set up an authenticator app, to be confirmed with its first code',
      body: PasswordBody,
      response: { 200: TotpSetup, ...problems(401, 403, 409, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      await confirmUser(deps, request, request.body.password);
      return setUpTotp(deps, sessionOf(request).account);
    },
  });

  app.route({
    method: 'POST',
    url: '/me/totp/confirm',
    schema: {
      operationId: 'confirmTotp',
      tags,
      summary: 'Confirm the authenticator app; returns recovery codes once',
      body: TotpConfirmBody,
      response: { 200: RecoveryCodes, ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request) => ({
      recoveryCodes: await confirmTotp(deps, sessionOf(request), request.body.code, request.ip),
    }),
  });

  app.route({
    method: 'POST',
    url: '/me/totp/remove',
    schema: {
      operationId: 'removeTotp',
      tags,
      summary: 'Remove the authenticator app',
      body: PasswordBody,
      response: { 204: done, ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      await confirmUser(deps, request, request.body.password);
      await removeOwnFactor(deps, request, 'totp', async (account, on) => {
        await factors.totps.remove(account, on);
        return true;
      });
      return reply.code(204).send();
    },
  });
}

/** Creates the secret of an authenticator app, which its first code has to confirm. */
async function setUpTotp(
  { accounts, factors, server }: FactorDeps,
  account: AccountId,
): Promise<TotpSetup> {
  const me = await meOf(accounts.pool, account);
  const names = { issuer: new URL(server()).host, label: me?.username ?? account };
  return (await factors.totps.setUp(account, names)) ?? refuse('second_factor_exists');
}

/**
 * Confirms the authenticator app with its first code and returns the new recovery codes.
 * @throws {RefusalError} reauthentication_required, rate_limited, incorrect_code
 */
async function confirmTotp(
  { accounts, factors }: FactorDeps,
  { account, id }: Session,
  code: string,
  address: string,
): Promise<string[]> {
  await accounts.sessions.requireRecent(id);
  const codes: { list: string[] | null } = { list: null };
  const right = await factors.guess(account, async () => {
    codes.list = await factors.confirmTotp(account, code, address, id);
    return codes.list !== null;
  });
  if (!right || !codes.list) refuse('incorrect_code');
  return codes.list;
}
