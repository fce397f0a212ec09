import { type AccountId, PasswordBody, RecoveryCodes } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { sessionOf } from '../http/authenticate.ts';
import { problems } from '../http/describe.ts';
import { refuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import type { FactorDeps } from './login-requests.ts';
import { confirmUser, tags } from './own-factor-requests.ts';

/** Registers the route that lets users replace their recovery codes. */
export function recoveryRoutes(instance: FastifyInstance, deps: FactorDeps): void {
  const app = instance.withTypeProvider<ZodTypeProvider>();
  const { authenticate: onRequest } = deps.accounts;

  app.route({
    method: 'POST',
    url: '/me/recovery-codes',
    schema: {
      operationId: 'renewRecoveryCodes',
      tags,
      summary: 'Replace the recovery codes; returns the new ones once',
      body: PasswordBody,
      response: { 200: RecoveryCodes, ...problems(401, 403, 409, 422, 429) },
    },
    onRequest,
    handler: async (request) => {
      await confirmUser(deps, request, request.body.password);
      const { account } = sessionOf(request);
      return { recoveryCodes: await renewRecoveryCodes(deps, account, request.ip) };
    },
  });
}

/** Replaces the recovery codes of an account, and records that in the audit log. */
async function renewRecoveryCodes(
  { accounts, factors }: FactorDeps,
  account: AccountId,
  address: string,
): Promise<string[]> {
  const { totp, passkeys } = await factors.of(account);
  if (!totp && passkeys === 0) refuse('second_factor_missing');
  const note = accounts.audit.note({ event: 'recovery_codes_renewed', account, address });
  const recoveryCodes = await withTransaction(accounts.pool, async (client) => {
    await note.store(client);
    return factors.recovery.renew(account, client);
  });
  note.log();
  return recoveryCodes;
}
