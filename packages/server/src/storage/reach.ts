import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../log.ts';
import { type Database, type DatabaseAddress, openDatabase } from './database.ts';
import { startEmbedded } from './embedded.ts';
import { embeddedUser } from './initdb.ts';
import { DataFolderInUse } from './lock.ts';
import { migrationState } from './migrate.ts';

/** There is no database to work on, or not one that this program knows. */
export class NoDatabase extends Error {
  override name = 'NoDatabase';
}

/** The database of a server, reached from beside it. */
export type Reached = {
  readonly database: Database;
  /** Whose it is: `server` when a running server’s, `folder` when it was started for this. */
  readonly by: 'url' | 'server' | 'folder';
  /** Closes the connections, and ends the database if it was started for this. */
  close(): Promise<void>;
};

/**
 * Reaches the database that a server uses, whether the server runs or not: the one that
 * DATABASE_URL names, or the embedded one. That is reached by the socket of the running server, or
 * else started on the data folder, which is then locked until `close`.
 *
 * @throws {NoDatabase} when there is none, or it has not the layout of this program
 */
export async function reachDatabase(
  config: { databaseUrl: string | undefined; dataDir: string },
  log: Logger,
): Promise<Reached> {
  const reached = await reach(config, log);
  try {
    const state = await migrationState(reached.database.pool);
    if (state !== 'current') {
      throw new NoDatabase(
        state === 'empty'
          ? 'The database is empty: no Parley has been started on it.'
          : 'The database was not made by this version of Parley. Start this version on it once.',
      );
    }
    return reached;
  } catch (error) {
    await reached.close();
    throw error;
  }
}

async function reach(
  config: { databaseUrl: string | undefined; dataDir: string },
  log: Logger,
): Promise<Reached> {
  if (config.databaseUrl !== undefined) {
    return open('url', { connectionString: config.databaseUrl }, log);
  }
  const clusterDir = join(config.dataDir, 'postgres');
  if (!existsSync(join(clusterDir, 'PG_VERSION'))) {
    throw new NoDatabase(`There is no database in ${config.dataDir} (set PARLEY_DATA).`);
  }
  try {
    const embedded = await startEmbedded({ dataDir: config.dataDir, log });
    return await open('folder', embedded.connection, log, () => embedded.stop());
  } catch (error) {
    if (!(error instanceof DataFolderInUse)) throw error;
    const socket = runningSocket(clusterDir);
    if (socket === undefined) throw error;
    return await open('server', { ...socket, user: embeddedUser, database: 'parley' }, log);
  }
}

async function open(
  by: Reached['by'],
  address: DatabaseAddress,
  log: Logger,
  stop: () => Promise<void> = async () => undefined,
): Promise<Reached> {
  try {
    const database = await openDatabase(address, log, { waitMs: 10_000, maxConnections: 4 });
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

/** Where the running database says that its socket is: lines 4 and 5 of postmaster.pid. */
function runningSocket(clusterDir: string): { host: string; port: number } | undefined {
  const file = join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [, , , port, host] = readFileSync(file, 'utf8').split('\n');
  return host?.startsWith('/') ? { host, port: Number(port) } : undefined;
}
