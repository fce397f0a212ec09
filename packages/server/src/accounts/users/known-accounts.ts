import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import { mayFind, mayKnow } from '../../permissions/guests.ts';

/** Returns those of the accounts that an account may find. */
export async function findableBy(
  pool: pg.Pool,
  account: AccountId,
  accounts: readonly AccountId[],
): Promise<AccountId[]> {
  if (accounts.length === 0) return [];
  const { rows } = await pool.query<{ id: AccountId }>({
    name: 'users-findable',
    text: `select u.id from unnest($2::uuid[]) as u (id) where ${mayFind('$1', 'u.id')}`,
    values: [account, accounts],
  });
  return rows.map(({ id }) => id);
}

/** Returns which of the guests may know which of the accounts. */
export async function knownAccounts(
  pool: pg.Pool,
  guests: readonly AccountId[],
  accounts: readonly AccountId[],
): Promise<{ guest: AccountId; account: AccountId }[]> {
  const { rows } = await pool.query<{ guest: AccountId; account: AccountId }>({
    name: 'users-known-to-guests',
    text: `select g.id as guest, u.id as account
           from unnest($1::uuid[]) as g (id) cross join unnest($2::uuid[]) as u (id)
           where ${mayKnow('g.id', 'u.id')}`,
    values: [guests, accounts],
  });
  return rows;
}
