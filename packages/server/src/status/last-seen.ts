import type { AccountId } from '@parley/protocol';
import type pg from 'pg';

/** When accounts were last connected. */

/**
 * Returns when an account was last connected by any session; null if it hides that or was never
 * connected.
 */
export async function lastSeenOf(pool: pg.Pool, account: AccountId): Promise<Date | null> {
  const { rows } = await pool.query<{ at: Date | null }>({
    name: 'status-last-seen',
    // A killed node records nothing about its connections; then the time when the session was last
    // renewed counts.
    text: `select greatest(
                    (select at from last_seen where account_id = $1),
                    (select max(last_used_at) from sessions where account_id = $1)) as at
           where not exists (select from statuses where account_id = $1 and not shows_last_seen)
             and not exists (select from accounts where id = $1 and deleted_at is not null)`,
    values: [account],
  });
  return rows[0]?.at ?? null;
}

/** Records that the accounts were connected until now. */
export async function recordLastSeen(
  pool: pg.Pool,
  accounts: readonly AccountId[],
  now: Date,
): Promise<void> {
  await pool.query({
    name: 'status-record-last-seen',
    // Ordered by id, so that two nodes that record the same accounts do not deadlock. The lock
    // waits for a running deletion, whose erasure would miss rows inserted after it.
    text: `insert into last_seen (account_id, at)
           select id, $2 from accounts
           where id = any($1::uuid[]) and deleted_at is null order by id for share
           on conflict (account_id) do update set at = greatest(last_seen.at, excluded.at)`,
    values: [accounts, now],
  });
}
