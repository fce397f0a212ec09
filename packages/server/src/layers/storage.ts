import { join } from 'node:path';
import type { Pool } from 'pg';
import { removeLeftovers } from '../backup/leftovers.ts';
import type { Logger } from '../runtime/log.ts';
import { type DatabaseAddress, openDatabase } from '../storage/database.ts';
import { DiskReserve } from '../storage/disk-reserve.ts';
import { startEmbedded } from '../storage/embedded.ts';
import { lockFolder } from '../storage/lock.ts';
import { refuseMoved, refuseUnfinished } from '../storage/marks.ts';
import { migrate } from '../storage/migrate.ts';
import { explained, makeDataFolder } from '../storage/start-errors.ts';
import { TRANSACTIONS_MAX } from '../stream/batch-writer.ts';
import type { LayerContext } from './context.ts';

/** Connections of a node besides those that append. */
const POOL_CONNECTIONS = 12;

/** The storage of the data. */
export interface DataLayer {
  readonly address: DatabaseAddress;
  /** The disk reserve of the embedded database; null with an external one. */
  readonly disk: DiskReserve | null;
}

/** Locks the data folder, and starts the embedded database unless an external one is configured. */
export async function openDataFolder({ config, log, onStop }: LayerContext): Promise<DataLayer> {
  const { dataDir, databaseUrl } = config;
  refuseUnfinished(dataDir);
  if (databaseUrl !== undefined) {
    onStop(await takeDataDir(dataDir));
    // Its disk is on another machine: only error 53100 shows that it is full.
    return { address: { connectionString: databaseUrl }, disk: null };
  }
  refuseMoved(dataDir);
  const embedded = await startEmbedded({ dataDir, log });
  onStop(() => embedded.stop());
  clearBackups(dataDir, log);
  const disk = await DiskReserve.open(dataDir, log);
  onStop(() => disk.stop());
  return { address: embedded.connection, disk };
}

/** Connections to the database. */
export interface Pools {
  /** For everything except appends to streams. */
  readonly pool: Pool;
  /** For the transactions that append to streams: pipelined. */
  readonly appendPool: Pool;
}

/** Connects to the database and migrates it. */
export async function openPools(
  context: LayerContext,
  { address, disk }: DataLayer,
): Promise<Pools> {
  const { config, log, signal, onStop } = context;
  const { pool, close } = await openDatabase(address, log, {
    maxConnections: POOL_CONNECTIONS,
    // An external database may start after this server, at any time.
    ...(config.databaseUrl !== undefined && { waitMs: Number.POSITIVE_INFINITY }),
    signal,
  });
  onStop(close);
  await migrate(pool, log);
  disk?.onFull(() => pool.query('checkpoint'));
  const append = await openDatabase(address, log, {
    maxConnections: TRANSACTIONS_MAX,
    pipelined: true,
    signal,
  });
  onStop(append.close);
  return { pool, appendPool: append.pool };
}

/** Removes the leftovers of killed backups from the data folder. */
function clearBackups(dataDir: string, log: Logger): void {
  try {
    const removed = removeLeftovers(join(dataDir, 'backups'));
    if (removed.length > 0) log.info({ removed }, 'leftovers of backups removed');
  } catch (error) {
    log.warn({ err: error }, 'leftovers of backups not removed');
  }
}

/** Creates and locks the data folder of a node with an external database; returns its release. */
async function takeDataDir(dataDir: string): Promise<() => void> {
  try {
    makeDataFolder(dataDir);
    const lock = await lockFolder(dataDir);
    return () => lock.release();
  } catch (error) {
    throw explained(error, dataDir);
  }
}
