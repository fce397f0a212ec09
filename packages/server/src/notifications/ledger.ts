import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import { inBatches } from '../storage/in-batches.ts';

/** How long decisions are kept. */
const KEPT_MS = 30 * 86_400_000;
/** Rows deleted by one statement. */
const BATCH = 2_000;

/** The tables of decisions and their deliveries, with the column of their age. */
const TABLES = { notification_decisions: 'decided_at', notification_deliveries: 'created_at' };

/** Deletes decisions older than 30 days and their deliveries, in batches. */
export async function deleteOldDecisions(
  pool: pg.Pool,
  now: Date,
  isStopped: () => boolean,
): Promise<void> {
  const before = new Date(now.getTime() - KEPT_MS);
  for (const [table, column] of Object.entries(TABLES)) {
    await inBatches(BATCH, isStopped, () =>
      pool.query({
        name: `${table}-delete-old`,
        text: `delete from ${table}
               where ctid = any(array(
                 select ctid from ${table} where ${column} < $1 order by ${column} limit ${BATCH}))`,
        values: [before],
      }),
    );
  }
}

/** Deletes the decisions about an erased account, their deliveries, and its devices, in batches. */
export async function eraseDecisions(pool: pg.Pool, account: AccountId): Promise<void> {
  await pool.query({
    name: 'erasures-notification-digests',
    text: 'delete from notification_digests where account_id = $1',
    values: [account],
  });
  // Devices first: without them no deliveries are added.
  await pool.query({
    name: 'erasures-notification-devices',
    text: 'delete from notification_devices where account_id = $1',
    values: [account],
  });
  for (const table of Object.keys(TABLES)) {
    await inBatches(
      BATCH,
      () => false,
      () =>
        pool.query({
          name: `erasures-${table}`,
          text: `delete from ${table}
                 where ctid = any(array(
                   select ctid from ${table} where account_id = $1 limit ${BATCH}))`,
          values: [account],
        }),
    );
  }
}
