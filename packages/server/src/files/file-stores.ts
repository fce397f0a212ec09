import { join } from 'node:path';
import type pg from 'pg';
import type { Logger } from '../runtime/log.ts';
import { FILES_FOLDER } from '../storage/file-folders.ts';
import { StartRefused } from '../storage/start-errors.ts';
import type { FileStore } from './file-store.ts';
import { FolderStore } from './folder-store.ts';
import type { S3Store } from './s3-store.ts';

/** The settings of the file store. */
export interface StoreConfig {
  readonly dataDir: string;
  readonly filesS3Endpoint?: string | undefined;
  readonly filesS3Bucket?: string | undefined;
  readonly filesS3Region?: string;
  readonly filesS3AccessKeyId?: string | undefined;
  readonly filesS3SecretAccessKey?: string | undefined;
  readonly filesS3Prefix?: string | undefined;
  readonly filesS3PathStyle?: boolean;
}

interface StoreDeps {
  readonly pool: pg.Pool | pg.ClientBase;
  readonly log: Logger;
}

/** Returns the folder of a server in which it keeps files if no other store is set. */
export const folderStoreOf = ({ dataDir }: Pick<StoreConfig, 'dataDir'>): FolderStore =>
  new FolderStore(join(dataDir, FILES_FOLDER));

/**
 * Returns the file store of a server.
 * @throws {StartRefused} if settings of a bucket are missing
 */
export async function fileStoreOf(config: StoreConfig, deps: StoreDeps): Promise<FileStore> {
  return (await s3StoreOf(config, deps)) ?? folderStoreOf(config);
}

/**
 * Returns the store in the bucket that is set; null if none is set. Only then its code is loaded.
 * @throws {StartRefused} if settings of a bucket are missing
 */
export async function s3StoreOf(
  config: StoreConfig,
  { pool, log }: StoreDeps,
): Promise<S3Store | null> {
  const {
    filesS3Endpoint: endpoint,
    filesS3Bucket: bucket,
    filesS3AccessKeyId: accessKeyId,
    filesS3SecretAccessKey: secretAccessKey,
    filesS3Prefix: prefix,
  } = config;
  const all = {
    FILES_S3_ENDPOINT: endpoint,
    FILES_S3_BUCKET: bucket,
    FILES_S3_ACCESS_KEY_ID: accessKeyId,
    FILES_S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
  if (!endpoint || !bucket || !accessKeyId || !secretAccessKey) {
    const names = Object.entries(all);
    const missing = names.filter(([, value]) => value === undefined).map(([name]) => name);
    if (missing.length === names.length) return null;
    throw new StartRefused(
      `Some settings of the bucket for files are missing: ${missing.join(', ')}. Set all of ` +
        `${Object.keys(all).join(', ')}, or none to keep files in the data folder.`,
    );
  }
  const { S3Store } = await import('./s3-store.ts');
  return new S3Store({
    endpoint,
    bucket,
    accessKeyId,
    secretAccessKey,
    region: config.filesS3Region ?? 'us-east-1',
    pathStyle: config.filesS3PathStyle ?? true,
    prefix: prefix === undefined ? '' : `${prefix}/`,
    log,
    owner: () => ownerOf(pool),
  });
}

/** Returns an identifier of this server that survives restoring a backup. */
async function ownerOf(pool: StoreDeps['pool']): Promise<string> {
  const { rows } = await pool.query<{ owner: string }>(
    `select to_char(created_at at time zone 'utc', '"parley-"YYYYMMDDHH24MISSUS') as owner
     from server_state`,
  );
  const [row] = rows;
  if (!row) throw new Error('The database has no server_state');
  return row.owner;
}
