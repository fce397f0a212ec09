import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../runtime/log.ts';
import { type Database, type DatabaseAddress, openDatabase } from './database.ts';
import { runningEmbedded, startEmbedded } from './embedded.ts';
import { DataFolderInUse } from './lock.ts';
import { refuseMoved, refuseUnfinished } from './marks.ts';
import { migrationState } from './migrate.ts';

/** There is no database, or its schema does not match this version. */
export class NoDatabase extends Error {
  override name = 'NoDatabase';
}

/** The database of a server, opened by another process. */
export type Reached = {
  readonly database: Database;
  /**
   * How it was opened: `server`, through a running server’s socket, or `folder`, started for this.
   */
  readonly by: 'url' | 'server' | 'folder';
  /** Closes the connections, and stops the database if it was started for this. */
  close(): Promise<void>;
};

/** How to open a database. */
export interface ReachOptions {
  /** Whether its connections are for appending to streams; see {@link openDatabase}. */
  readonly pipelined?: boolean;
}

const UNUSABLE = {
  empty: 'The database is empty: no Parley server has been started on it.',
  older:
    'The database has the schema of an older version of Parley. Start this version of the server on it once, to migrate it.',
  other:
    'The database has the schema of a newer version of Parley, or of a modified one. Run the command with that version.',
};

/**
 * Opens the database that a server uses, whether the server is running or not: the one that
 * DATABASE_URL names, or the embedded one. The latter is opened through the socket of the running
 * server, or else started on the data folder, which is then locked until `close`.
 *
 * @throws {NoDatabase} when there is none, or its schema is not that of this version
 */
export async function reachDatabase(
  config: { databaseUrl: string | undefined; dataDir: string },
  log: Logger,
  options: ReachOptions = {},
): Promise<Reached> {
  const reached = await reach(config, log, options);
  try {
    const state = await migrationState(reached.database.pool);
    if (state !== 'current') throw new NoDatabase(UNUSABLE[state]);
    return reached;
  } catch (error) {
    await reached.close();
    throw error;
  }
}

/**
 * Opens the database without checking its schema, and without time limits for queries: for work on
 * the data of any version.
 *
 * @throws {NoDatabase} when there is none
 */
export async function reach(
  config: { databaseUrl: string | undefined; dataDir: string },
  log: Logger,
  options: ReachOptions = {},
): Promise<Reached> {
  refuseUnfinished(config.dataDir);
  if (config.databaseUrl !== undefined) {
    return open('url', { connectionString: config.databaseUrl }, log, options);
  }
  const end = performance.now() + startingMs;
  for (;;) {
    try {
      return await reachFolder(config.dataDir, log, options);
    } catch (error) {
      if (!(error instanceof DataFolderInUse)) throw error;
      const socket = runningEmbedded(config.dataDir);
      if (socket !== undefined) return await open('server', socket, log, options);
      // The server’s database is being started or restarted.
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Time for the database of a server that is starting. */
const startingMs = 30_000;

/**
 * Starts the embedded database of a data folder that no server uses.
 *
 * @throws {NoDatabase} when there is none
 * @throws {DataFolderInUse} when a server uses it
 */
export async function reachFolder(
  dataDir: string,
  log: Logger,
  options: ReachOptions = {},
): Promise<Reached> {
  refuseUnfinished(dataDir);
  if (!existsSync(join(dataDir, 'postgres', 'PG_VERSION'))) {
    throw new NoDatabase(
      `There is no database in ${dataDir}. Set PARLEY_DATA to the data folder, or set DATABASE_URL.`,
    );
  }
  refuseMoved(dataDir);
  const embedded = await startEmbedded({ dataDir, log });
  return await open('folder', embedded.connection, log, {
    ...options,
    stop: () => embedded.stop(),
  });
}

async function open(
  by: Reached['by'],
  address: DatabaseAddress,
  log: Logger,
  {
    pipelined = false,
    stop = async () => undefined,
  }: ReachOptions & { stop?: () => Promise<void> },
): Promise<Reached> {
  try {
    const database = await openDatabase(address, log, {
      waitMs: 10_000,
      maxConnections: 4,
      pipelined,
      patient: true,
    });
    const close = async () => {
      await database.close();
      await stop();
    };
    return { database, by, close };
  } catch (error) {
    await stop();
    throw error;
  }
}
