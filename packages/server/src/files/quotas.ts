import { type AccountId, LIMITS, type Refusal, refusal } from '@parley/protocol';
import type pg from 'pg';

const MIB = 1024 * 1024;

/** The limits of files, in bytes; 0: no limit. */
export interface FileQuotas {
  /** Limit of one file. */
  readonly file: number;
  /** Limit of all files that an account has uploaded, including unfinished uploads. */
  readonly account: number;
  /** Limit of all file contents on the server. */
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

/** The minimum bytes that a file counts as: it also takes rows and a disk block. */
const FILE_BYTES_MIN = 4_096;
/** SQL: the bytes that a row of `files` or `uploads` counts as. */
const COUNTED = `greatest(bytes, ${FILE_BYTES_MIN})`;

/**
 * Returns why an account may not start an upload of this size; null if it may. Unfinished uploads
 * count with their full size. The caller holds the lock of {@link lockUploads}, so that two
 * concurrent uploads cannot both use the rest of a quota.
 */
export async function refusalOfQuota(
  client: pg.ClientBase,
  quotas: FileQuotas,
  account: AccountId,
  bytes: number,
): Promise<Refusal | null> {
  if (quotas.file > 0 && bytes > quotas.file) return refusal('file_too_large');
  const { rows } = await client.query<{ uploads: number; unattached: number; own: number }>(
    `select u.uploads, u.bytes + f.bytes as own, f.unattached
     from (select count(*)::int as uploads, coalesce(sum(${COUNTED}), 0)::int8 as bytes
           from uploads where account_id = $1) u,
          (select coalesce(sum(${COUNTED}), 0)::int8 as bytes,
                  count(*) filter (where not attached)::int as unattached
           from files where uploader_id = $1 and state <> 'held') f`,
    [account],
  );
  const [used] = rows;
  if (!used) throw new Error('Sums of files have no row');
  if (used.uploads >= LIMITS.uploadsPerAccount) return refusal('too_many_uploads');
  if (used.uploads + used.unattached >= LIMITS.unattachedFiles) {
    return refusal('too_many_unattached_files');
  }
  const counted = Math.max(bytes, FILE_BYTES_MIN);
  if (quotas.account > 0 && used.own + counted > quotas.account) {
    return refusal('account_quota_exceeded');
  }
  if (quotas.server > 0 && (await bytesOfServer(client)) + counted > quotas.server) {
    return refusal('server_quota_exceeded');
  }
  return null;
}

/** Returns the bytes of all file contents and unfinished uploads. It reads all files. */
async function bytesOfServer(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(
    `select (select coalesce(sum(${COUNTED}), 0)::int8 from uploads)
       + (select coalesce(sum(${COUNTED} + coalesce(preview_bytes, 0)), 0)::int8
          from (select distinct on (digest) bytes, preview_bytes from files) f)
       + (select coalesce(sum(bytes + small_bytes), 0)::int8 from images) as bytes`,
  );
  const [row] = rows;
  if (!row) throw new Error('Sums of files have no row');
  return row.bytes;
}
