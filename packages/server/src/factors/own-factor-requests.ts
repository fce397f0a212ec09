import type { AccountId } from '@parley/protocol';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { reauthenticate } from '../accounts/logins/reauthentication.ts';
import { sessionOf } from '../http/authenticate.ts';
import { refuse } from '../http/errors.ts';
import { withTransaction } from '../storage/database.ts';
import type { Queryable } from '../storage/queryable.ts';
import type { FactorDeps } from './login-requests.ts';

/** What the routes of the user’s own second factors have in common. */

/** The tags of these routes in the API description. */
export const tags = ['Accounts'];
/** How requests are authenticated, for the API description. */
/** The body of an answer without content. */
export const done = z.undefined().describe('Done');

/** Confirms the user by their password, or by a recent login; see {@link reauthenticate}. */
export function confirmUser(
  { accounts }: FactorDeps,
  request: FastifyRequest,
  password: string | undefined,
): Promise<void> {
  return reauthenticate(accounts, sessionOf(request), password, request.ip);
}

/**
 * Removes a factor; refuses when one is required and none is left. Recovery codes go with the
 * last one.
 */
export async function removeOwnFactor(
  { accounts, factors }: FactorDeps,
  request: FastifyRequest,
  factor: 'totp' | 'passkey',
  remove: (account: AccountId, on: Queryable) => Promise<boolean>,
): Promise<void> {
  const { account, role } = sessionOf(request);
  const note = factors.noteFactor('factor_removed', factor, account, request.ip);
  await withTransaction(accounts.pool, async (client) => {
    await note.store(client);
    // Serialized, so that two concurrent removals cannot leave an account without one.
    await client.query('select from accounts where id = $1 for no key update', [account]);
    if (!(await remove(account, client))) refuse('not_found');
    const remaining = await factors.of(account, client);
    if (remaining.totp || remaining.passkeys > 0) return;
    if (factors.isRequired(role)) refuse('second_factor_required');
    await factors.recovery.remove(account, client);
  });
  note.log();
}
