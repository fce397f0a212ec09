import type { AccountId } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';

/**
 * Removes all second factors and recovery codes of an account, within the transaction of `on` if
 * given. The caller ends its sessions.
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
