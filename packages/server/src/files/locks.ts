import type { AccountId } from '@parley/protocol';
import type pg from 'pg';
import type { Queryable } from '../storage/queryable.ts';
import type { Digest } from './file-store.ts';

/** Database locks, held until the end of the transaction. */

/** The first of the two keys of the lock of all uploads. */
const UPLOADS = 7_301;

/**
 * Waits until no other transaction starts an upload of this account (null: of any account), so that
 * quotas are checked one at a time.
 */
export async function lockUploads(client: pg.ClientBase, account: AccountId | null): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1, coalesce(hashtext($2), 0))', [
    UPLOADS,
    account,
  ]);
}

/** Waits until no other transaction stores or removes file content. On a pool, the lock ends with the statement. */
export async function lockDigest(client: Queryable, digest: Digest): Promise<void> {
  await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [digest]);
}
