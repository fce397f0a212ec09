import type pg from 'pg';

/** The first of the two keys of the lock that a backup holds. */
const BACKUP = 7_302;
/** The first of the two keys of the lock that a removal holds. */
const REMOVAL = 7_303;

/** Prevents the removal of contents until the end of the session, for a backup. */
export async function keepContents(client: pg.ClientBase): Promise<void> {
  await client.query('select pg_advisory_lock_shared($1, 0)', [BACKUP]);
}

/** How often the lock of an ending removal is tried, and the pause between two attempts, in seconds. */
const ATTEMPTS = 100;
const PAUSE_SECONDS = 0.01;

/**
 * Returns whether contents may be removed in this transaction: not while a backup is being made.
 * Waits for other removals on any node: the lock is shared by backups, so removals need exclusive
 * ones.
 */
export async function mayRemoveContents(client: pg.ClientBase): Promise<boolean> {
  await client.query('select pg_advisory_xact_lock($1, 0)', [REMOVAL]);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await client.query('select pg_sleep($1)', [PAUSE_SECONDS]);
    const { rows } = await client.query<{ free: boolean; is_backup: boolean }>(
      `select pg_try_advisory_xact_lock($1, 0) as free,
         exists (
           select from pg_locks l join pg_database d on d.oid = l.database
           where l.locktype = 'advisory' and l.classid = $1 and l.objid = 0
             and l.mode = 'ShareLock' and l.granted and d.datname = current_database()
         ) as is_backup`,
      [BACKUP],
    );
    if (rows[0]?.free) return true;
    if (rows[0]?.is_backup) return false;
    // The removal before this one has released one of its locks and is about to release the other.
  }
  return false;
}
