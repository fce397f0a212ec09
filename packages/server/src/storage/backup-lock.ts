import type pg from 'pg';

/** The first of the two keys of the lock that a backup holds. */
const BACKUP = 7_302;
/** The first of the two keys of the lock that a removal holds. */
const REMOVAL = 7_303;

/** Prevents the removal of contents until the end of the session, for a backup. */
export async function keepContents(client: pg.ClientBase): Promise<void> {
  await client.query('select pg_advisory_lock_shared($1, 0)', [BACKUP]);
}

/**
 * Returns whether contents may be removed in this transaction: not while a backup is being made.
 * Waits for other removals on any node: the lock is shared by backups, so removals need exclusive
 * ones.
 */
export async function mayRemoveContents(client: pg.ClientBase): Promise<boolean> {
  await client.query('select pg_advisory_xact_lock($1, 0)', [REMOVAL]);
  const { rows } = await client.query<{ free: boolean }>(
    'select pg_try_advisory_xact_lock($1, 0) as free',
    [BACKUP],
  );
  return rows[0]?.free === true;
}
