import { statfs } from 'node:fs/promises';
import { type AccountId, LIMITS, type Refusal, refusal } from '@parley/protocol';
import type pg from 'pg';

const MIB = 1024 * 1024;
/** Free space that uploads leave to the database and to others. */
const FREE_MIN = 256 * MIB;

/** The limits of files, in bytes; 0: no limit. */
export interface FileQuotas {
  /** Of one file. */
  readonly file: number;
  /** Of all files that an account has uploaded, unfinished uploads included. */
  readonly account: number;
  /** Of all contents on the server. */
  readonly server: number;
}

/** Returns the quotas that are set in MiB. */
export function quotasOf(settings: {
  readonly fileMaxMb: number;
  readonly accountFilesMb: number;
  readonly serverFilesMb: number;
}): FileQuotas {
  return {
    file: settings.fileMaxMb * MIB,
    account: settings.accountFilesMb * MIB,
    server: settings.serverFilesMb * MIB,
  };
}

/**
 * Returns why an account may not start an upload of this size; null if it may. Unfinished uploads count
 * with their whole size. The caller holds the lock of all uploads, so that two at once cannot both use
 * the last of a quota.
 */
export async function refusalOfQuota(
  client: pg.ClientBase,
  quotas: FileQuotas,
  account: AccountId,
  bytes: number,
): Promise<Refusal | null> {
  if (quotas.file > 0 && bytes > quotas.file) return refusal('file_too_large');
  const { rows } = await client.query<{ uploads: number; own: number; all: number }>(
    `select
       (select count(*)::int from uploads where account_id = $1) as uploads,
       (select coalesce(sum(bytes), 0)::int8 from uploads where account_id = $1)
         + (select coalesce(sum(bytes), 0)::int8 from files where uploader_id = $1) as own,
       (select coalesce(sum(bytes), 0)::int8 from uploads)
         + (select coalesce(sum(bytes + coalesce(preview_bytes, 0)), 0)::int8
            from (select distinct on (digest) bytes, preview_bytes from files) f) as all`,
    [account],
  );
  const [used] = rows;
  if (!used) throw new Error('Sums of files have no row');
  if (used.uploads >= LIMITS.uploadsPerAccount) return refusal('too_many_uploads');
  if (quotas.account > 0 && used.own + bytes > quotas.account) {
    return refusal('account_quota_exceeded');
  }
  if (quotas.server > 0 && used.all + bytes > quotas.server)
    return refusal('server_quota_exceeded');
  return null;
}

/**
 * Returns why an upload of this size does not fit on the disk; null if it does. Its parts and the whole
 * are there at the same time for a moment.
 */
export async function refusalOfSpace(dir: string, bytes: number): Promise<Refusal | null> {
  const { bavail, bsize } = await statfs(dir);
  const needed = FREE_MIN + 2 * bytes;
  return bavail * bsize < needed ? refusal('disk_full', undefined, { retryAfter: 60 }) : null;
}
