import type { AccountId } from '@parley/protocol';
import type { Queryable } from '../../storage/queryable.ts';
import { emailKey } from '../users/names.ts';

/** Tables of credentials besides the password and sessions, each with a column `account_id`. */
export const CREDENTIAL_TABLES = [
  'totps',
  'recovery_codes',
  'passkeys',
  'identities',
  'api_keys',
  'one_time_secrets',
] as const;

/**
 * Records that the owner of an account’s email address has proven to be its owner, in the
 * transaction of `on`. Returns whether that was the first proof; null when there is no such active
 * account, or `email` is given and is no longer its address.
 *
 * Until the first proof an attacker may have registered with the address and added a passkey or
 * another credential that outlives a new password (pre-hijacking). The first proof therefore
 * removes all of them. The caller ends the sessions and replaces the password in the same
 * transaction.
 */
export async function proveAddress(
  account: AccountId,
  on: Queryable,
  email?: string,
): Promise<boolean | null> {
  const { rows } = await on.query<{ first: boolean }>({
    name: 'reclaim-account',
    text: `select verified_at is null as first from accounts
           where id = $1 and is_active and ($2::text is null or email_key = $2)
           for no key update`,
    values: [account, email === undefined ? null : emailKey(email)],
  });
  const [row] = rows;
  if (!row) return null;
  if (!row.first) return false;
  for (const table of CREDENTIAL_TABLES) {
    await on.query({
      name: `reclaim-${table}`,
      text: `delete from ${table} where account_id = $1`,
      values: [account],
    });
  }
  await on.query({
    name: 'reclaim-verified',
    text: 'update accounts set verified_at = now() where id = $1',
    values: [account],
  });
  return true;
}
