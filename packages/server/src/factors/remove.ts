import type { AccountId } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';

/**
 * Takes all second factors of an account away, and its recovery codes, in a transaction when `on` is
 * its connection. Its sessions are the caller’s to end.
 */
export async function removeFactors(account: AccountId, on: Queryable): Promise<void> {
  for (const table of ['totps', 'recovery_codes', 'passkeys']) {
    await on.query({
      name: `factors-remove-${table}`,
      text: `delete from ${table} where account_id = $1`,
      values: [account],
    });
  }
}
