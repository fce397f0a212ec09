import type { AccountId } from '@parley/protocol';
import type { Queryable } from './emails.ts';

/**
 * Addresses that the SMTP server has permanently rejected. They get no unsolicited emails, such as
 * those about missed messages, until the address is changed or confirmed. Codes and links are still
 * sent: they confirm the address.
 */

/** The maximum length of a stored error. */
const ERROR_MAX = 300;

/** SQL: whether the address of the account whose row is `alias` was rejected. */
export const isUndeliverable = (alias: string): string =>
  `exists (select from undeliverable_addresses u where u.account_id = ${alias}.id)`;

/**
 * Records that the address of an account was rejected, unless the account has changed it in the
 * meantime.
 */
export async function recordUndeliverable(
  on: Queryable,
  account: AccountId,
  email: string,
  error: string,
): Promise<void> {
  await on.query({
    name: 'undeliverable-record',
    // The lock waits for a concurrent change of the address, and then sees the new one.
    text: `insert into undeliverable_addresses (account_id, failed_at, error)
           select a.id, now(), $3 from accounts a where a.id = $1 and a.email = $2 for share
           on conflict (account_id) do update
           set failed_at = excluded.failed_at, error = excluded.error`,
    values: [account, email, error.slice(0, ERROR_MAX)],
  });
}

/**
 * Returns the statement that clears a rejection: the address was changed or confirmed, or the
 * account is deleted.
 */
export const forgetUndeliverable = (
  account: AccountId,
): { name: string; text: string; values: unknown[] } => ({
  name: 'undeliverable-forget',
  text: 'delete from undeliverable_addresses where account_id = $1',
  values: [account],
});
