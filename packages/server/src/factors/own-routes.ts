import {
  AddedPasskey,
  AddPasskeyBody,
  PasskeyOptions,
  PasswordBody,
  RecoveryCodes,
  SecondFactors,
  TotpConfirmBody,
  TotpSetup,
} from '@parley/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { confirmPerson } from '../accounts/logins/reauthentication.ts';
import { meOf } from '../accounts/users/queries.ts';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import type { FactorDeps } from './login-routes.ts';
import { siteOf } from './site.ts';

const tags = ['Accounts'];
const security = [{ accessToken: [] }];
const done = z.undefined().describe('Done');

/** Registers the routes of the user’s own second factors. */
export function ownFactorRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { factors, server } = deps;
  const { pool, publicUrl, sessions, audit, authenticate: onRequest } = deps.accounts;

  const confirm = (request: FastifyRequest, password: string | undefined) =>
    confirmPerson(deps.accounts, sessionOf(request), password, request.ip);

  app.route({
    method: 'GET',
    url: '/me/second-factor',
    schema: {
      operationId: 'mySecondFactors',
      tags,
      summary: 'Get your second factors',
      security,
      response: { 200: SecondFactors, ...problems(401, 403) },
    },
    onRequest,
    handler: async (request) => {
      const { account, role } = sessionOf(request);
      const { totp, recoveryCodesLeft } = await factors.of(account);
      const passkeys = await factors.passkeys.list(account);
      return { totp, passkeys, recoveryCodesLeft, required: factors.isRequired(role) };
    },
  });

  app.route({
    method: 'POST',
    url: '/me/totp',
    schema: {
      operationId: 'setUpTotp',
      tags,
      summary: 'Set up an authenticator app, to be confirmed with its first code',
      security,
      body: PasswordBody,
      response: { 200: TotpSetup, ...problems(401, 403, 409, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      await confirm(request, request.body.password);
      const { account } = sessionOf(request);
      const me = await meOf(pool, account);
      const names = { issuer: new URL(server()).host, label: me?.username ?? account };
      return (await factors.totps.setUp(account, names)) ?? refuse('second_factor_exists');
    },
  });

  app.route({
    method: 'POST',
    url: '/me/totp/confirm',
    schema: {
      operationId: 'confirmTotp',
      tags,
      summary: 'Confirm the authenticator app; returns recovery codes once',
      security,
      body: TotpConfirmBody,
      response: { 200: RecoveryCodes, ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      const { account, id } = sessionOf(request);
      await sessions.requireRecent(id);
      const codes: { list: string[] | null } = { list: null };
      const right = await factors.guess(account, async () => {
        codes.list = await factors.confirmTotp(account, request.body.code, request.ip, id);
        return codes.list !== null;
      });
      if (!right || !codes.list) refuse('incorrect_code');
      return { recoveryCodes: codes.list };
    },
  });

  app.route({
    method: 'POST',
    url: '/me/totp/remove',
    schema: {
      operationId: 'removeTotp',
      tags,
      summary: 'Remove the authenticator app',
      security,
      body: PasswordBody,
      response: { 204: done, ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      await confirm(request, request.body.password);
      await remove(request, 'totp', async (account, on) => {
        await factors.totps.remove(account, on);
        return true;
      });
      return reply.code(204).send();
    },
  });

  app.route({
    method: 'POST',
    url: '/me/recovery-codes',
    schema: {
      operationId: 'renewRecoveryCodes',
      tags,
      summary: 'Replace the recovery codes; returns the new ones once',
      security,
      body: PasswordBody,
      response: { 200: RecoveryCodes, ...problems(401, 403, 409, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      await confirm(request, request.body.password);
      const { account } = sessionOf(request);
      const { totp, passkeys } = await factors.of(account);
      if (!totp && passkeys === 0) refuse('second_factor_missing');
      const note = audit.note({ event: 'recovery_codes_renewed', account, address: request.ip });
      const recoveryCodes = await withTransaction(pool, async (client) => {
        await note.store(client);
        return factors.recovery.renew(account, client);
      });
      note.tell();
      return { recoveryCodes };
    },
  });

  app.route({
    method: 'POST',
    url: '/me/passkeys/options',
    schema: {
      operationId: 'newPasskeyOptions',
      tags,
      summary: 'Get the options to create a passkey',
      security,
      body: PasswordBody,
      response: { 200: PasskeyOptions, ...problems(401, 403, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      await confirm(request, request.body.password);
      const me = (await meOf(pool, sessionOf(request).account)) ?? refuse('session_ended');
      return factors.passkeys.optionsToAdd(me, siteOf(request, publicUrl));
    },
  });

  app.route({
    method: 'POST',
    url: '/me/passkeys',
    schema: {
      operationId: 'addPasskey',
      tags,
      summary: 'Add a passkey',
      description: 'The response contains recovery codes if this is the first factor.',
      security,
      body: AddPasskeyBody,
      response: { 201: AddedPasskey, ...problems(401, 403, 422) },
    },
    onRequest,
    handler: async (request, reply) => {
      const { account, id } = sessionOf(request);
      await sessions.requireRecent(id);
      const { name, response } = request.body;
      const site = siteOf(request, publicUrl);
      const added = await factors.addPasskey(account, id, request.ip, (on) =>
        factors.passkeys.add(account, name, response, site, on),
      );
      if (!added) refuse('passkey_rejected');
      reply.code(201);
      return added;
    },
  });

  app.route({
    method: 'POST',
    url: '/me/passkeys/:id/remove',
    schema: {
      operationId: 'removePasskey',
      tags,
      summary: 'Remove a passkey',
      security,
      params: z.object({ id: z.uuid() }),
      body: PasswordBody,
      response: { 204: done, ...problems(401, 403, 404, 422, 429) },
    },
    onRequest,
    handler: async (request, reply) => {
      await confirm(request, request.body.password);
      const { id } = request.params;
      await remove(request, 'passkey', (account, on) => factors.passkeys.remove(account, id, on));
      return reply.code(204).send();
    },
  });

  /**
   * Removes a factor; refuses when one is required and none is left. Recovery codes go with the
   * last one.
   */
  async function remove(
    request: FastifyRequest,
    factor: 'totp' | 'passkey',
    take: (
      account: ReturnType<typeof sessionOf>['account'],
      on: Parameters<typeof factors.removeAll>[1],
    ) => Promise<boolean>,
  ): Promise<void> {
    const { account, role } = sessionOf(request);
    const note = factors.noteFactor('factor_removed', factor, account, request.ip);
    await withTransaction(pool, async (client) => {
      await note.store(client);
      // Serialized, so that two concurrent removals cannot leave an account without one.
      await client.query('select from accounts where id = $1 for no key update', [account]);
      if (!(await take(account, client))) refuse('not_found');
      const left = await factors.of(account, client);
      if (left.totp || left.passkeys > 0) return;
      if (factors.isRequired(role)) refuse('second_factor_required');
      await factors.recovery.remove(account, client);
    });
    note.tell();
  }
}
