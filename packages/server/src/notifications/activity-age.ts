import { type AccountId, LIMITS } from '@parley/protocol';
import type pg from 'pg';
import { inBatches } from '../storage/in-batches.ts';

/** How long items are kept. */
const KEPT_MS = 90 * 86_400_000;
/** Accounts with items newer than this are checked against the limit. */
const RECENT_MS = 2 * 3_600_000;
/** Rows deleted, and accounts checked, by one statement. */
const BATCH = 2_000;

/** Deletes items older than 90 days, and all but the latest items of each account, in batches. */
export async function deleteOldActivity(
  pool: pg.Pool,
  now: Date,
  isStopped: () => boolean,
): Promise<void> {
  const before = new Date(now.getTime() - KEPT_MS);
  await inBatches(BATCH, isStopped, () =>
    pool.query({
      name: 'activity-delete-old',
      text: `delete from activity_items
             where ctid = any(array(
               select ctid from activity_items where at < $1 order by at limit ${BATCH}))`,
      values: [before],
    }),
  );
  await inBatches(BATCH, isStopped, () =>
    pool.query({
      name: 'activity-delete-old-reads',
      text: `delete from activity_reads
             where ctid = any(array(
               select ctid from activity_reads where read_at < $1 order by read_at limit ${BATCH}))`,
      values: [before],
    }),
  );
  await trim(pool, new Date(now.getTime() - RECENT_MS), isStopped);
}

/** Deletes the items above the limit of accounts with new items. */
async function trim(pool: pg.Pool, since: Date, isStopped: () => boolean): Promise<void> {
  const { rows } = await pool.query<{ account: AccountId }>({
    name: 'activity-recent-accounts',
    text: 'select distinct account_id as account from activity_items where at > $1',
    values: [since],
  });
  for (let n = 0; n < rows.length && !isStopped(); n += BATCH) {
    await pool.query({
      name: 'activity-trim',
      text: `delete from activity_items s
             using unnest($1::uuid[]) t (id)
             cross join lateral (
               select at from activity_items
               where account_id = t.id
               order by at desc offset ${LIMITS.activityItems} limit 1) oldest
             where s.account_id = t.id and s.at <= oldest.at`,
      values: [rows.slice(n, n + BATCH).map(({ account }) => account)],
    });
  }
}

/** Deletes the activity of an erased account. */
export async function eraseActivity(pool: pg.Pool, account: AccountId): Promise<void> {
  for (const table of ['activity_items', 'activity_reads', 'activity_cursors']) {
    await pool.query(`delete from ${table} where account_id = $1`, [account]);
  }
}
