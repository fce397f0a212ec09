import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import type { Vault } from '../encryption/vault.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { FILES_FOLDER, UPLOADS_FOLDER } from '../storage/file-folders.ts';
import { FileCollector } from './collector.ts';
import { freeBytes } from './disk-space.ts';
import type { FileStore } from './file-store.ts';
import { folderStoreOf, type StoreConfig, s3StoreOf } from './file-stores.ts';
import { ImageCollector } from './image-collector.ts';
import { ImageMaker } from './image-maker.ts';
import { ImageTokens } from './image-tokens.ts';
import { FileTokens } from './links.ts';
import { OrphanSweeper } from './orphans.ts';
import { quotasOf } from './quotas.ts';
import { syncFolders } from './sync.ts';
import { Uploads } from './uploads.ts';

interface FilesDeps {
  readonly pool: pg.Pool;
  readonly clock: Clock;
  readonly log: Logger;
  readonly vault: Vault;
  readonly config: StoreConfig & {
    readonly fileMaxMb: number;
    readonly accountFilesMb: number;
    readonly serverFilesMb: number;
    readonly rateLimits: boolean;
  };
  /** Called when a file was stored. */
  readonly onStored?: () => void;
}

/** The parts of the domain of files. */
export interface Files {
  readonly store: FileStore;
  readonly uploads: Uploads;
  readonly tokens: FileTokens;
  readonly collector: FileCollector;
  readonly sweeper: OrphanSweeper;
  readonly images: ImageMaker;
  readonly imageTokens: ImageTokens;
  readonly imageCollector: ImageCollector;
}

/**
 * Builds the domain of files, and creates its folders.
 * @throws with a message for the operator if the bucket that was set cannot be used
 */
export async function openFiles({
  pool,
  clock,
  log,
  vault,
  config,
  onStored = () => undefined,
}: FilesDeps): Promise<Files> {
  for (const folder of [FILES_FOLDER, UPLOADS_FOLDER]) {
    await mkdir(join(config.dataDir, folder), { recursive: true, mode: 0o700 });
  }
  // Makes the folders themselves survive a power failure.
  await syncFolders(config.dataDir, config.dataDir);
  const bucket = await s3StoreOf(config, { pool, log });
  await bucket?.check();
  const store = bucket ?? folderStoreOf(config);
  const dir = join(config.dataDir, UPLOADS_FOLDER);
  const uploads = new Uploads({
    pool,
    store,
    clock,
    log,
    quotas: quotasOf(config),
    onStored,
    dir,
    freeBytes: () => freeBytes(dir, ...(store.remote ? [] : [join(config.dataDir, FILES_FOLDER)])),
  });
  const collector = new FileCollector({ pool, store, uploads, clock, log });
  const sweeper = new OrphanSweeper({ pool, store, uploads, clock, log });
  return {
    store,
    uploads,
    tokens: new FileTokens(vault, clock),
    collector,
    sweeper,
    images: new ImageMaker({ pool, store, clock, config }),
    imageTokens: new ImageTokens(vault),
    imageCollector: new ImageCollector({ pool, store, clock, log }),
  };
}
