import type { AccountId } from '@parley/protocol';
import type pg from 'pg';

/** How long decisions are kept. */
const KEPT_MS = 30 * 86_400_000;
/** Rows deleted by one statement. */
const BATCH = 2_000;

/** Deletes decisions that are older than 30 days, in batches. */
export async function deleteOldDecisions(
  pool: pg.Pool,
  now: Date,
  isStopped: () => boolean,
): Promise<void> {
  const before = new Date(now.getTime() - KEPT_MS);
  for (let deleted = BATCH; deleted === BATCH && !isStopped(); ) {
    const { rowCount } = await pool.query({
      name: 'notifications-delete-old',
      text: `delete from notification_decisions
             where ctid = any(array(
               select ctid from notification_decisions where decided_at < $1
               order by decided_at limit ${BATCH}))`,
      values: [before],
    });
    deleted = rowCount ?? 0;
  }
}

/** Deletes the decisions about an account that is erased, in batches. */
export async function eraseDecisions(pool: pg.Pool, account: AccountId): Promise<void> {
  for (let deleted = BATCH; deleted === BATCH; ) {
    const { rowCount } = await pool.query({
      name: 'erasures-notification-decisions',
      text: `delete from notification_decisions
             where ctid = any(array(
               select ctid from notification_decisions where account_id = $1 limit ${BATCH}))`,
      values: [account],
    });
    deleted = rowCount ?? 0;
  }
}
