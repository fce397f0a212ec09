import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Logger } from '../log.ts';
import { findBinaries } from './binaries.ts';
import { makeRoomToStart, releaseBallast } from './disk-reserve.ts';
import { embeddedUser, ensureCluster } from './initdb.ts';
import { type FolderLock, lockFolder } from './lock.ts';
import {
  type ClusterPaths,
  clearLeftovers,
  type Postmaster,
  socketDirOf,
  socketPort,
  startPostmaster,
} from './postmaster.ts';
import { findRunAs, type UsableRunAs } from './run-as.ts';
import { chooseSocketDir } from './socket-dir.ts';
import { explained, isFull, makeDataFolder } from './start-errors.ts';

/** The embedded PostgreSQL, running. */
export type Embedded = {
  /** How to connect: `host` is the folder of the Unix socket. There is no password. */
  readonly connection: { host: string; port: number; user: string; database: string };
  /** The process id of the database, which changes when it had to be restarted. */
  readonly pid: number;
  /** Ends the database and lets go of the data folder. */
  stop(): Promise<void>;
};

const database = 'parley';

/**
 * Starts a real PostgreSQL on `<dataDir>/postgres`, making it at the first start.
 *
 * 1. The data folder is locked for this process: {@link import('./lock.ts').DataFolderInUse}.
 * 2. It listens on a Unix socket only, in a folder that only its owner can enter.
 * 3. It keeps what it has confirmed: fsync, synchronous_commit and full_page_writes are on.
 * 4. It does not outlive this process, however that ends; if it must be cut off, the next start
 *    recovers.
 * 5. When it dies by itself it is started again, as long as this process lives.
 *
 * @throws {import('./start-errors.ts').StartRefused} on a full disk or a read-only file system
 */
export async function startEmbedded({
  dataDir: folder,
  log,
}: {
  dataDir: string;
  log: Logger;
}): Promise<Embedded> {
  try {
    makeDataFolder(folder);
    return await startOn(realpathSync(folder), log);
  } catch (error) {
    throw explained(error, folder);
  }
}

async function startOn(dataDir: string, log: Logger): Promise<Embedded> {
  const lock = await lockWithRoom(dataDir, log);
  try {
    makeRoomToStart(dataDir, log);
    const clusterDir = join(dataDir, 'postgres');
    const found = await findRunAs(findBinaries(), dataDir, clusterDir, log);
    const socketDir = await chooseSocketDir(clusterDir, found.way, log);
    const paths = { clusterDir, socketDir, logFile: join(dataDir, 'postgres.log') };
    await clearLeftovers(paths, log);
    await ensureCluster(clusterDir, found, log);
    const keeper = new Keeper(paths, found, log, () => makeRoomToStart(dataDir, log));
    await keeper.start();
    const connection = { host: socketDir, port: socketPort, user: embeddedUser, database };
    try {
      await ensureDatabase(connection);
    } catch (error) {
      await keeper.stop();
      throw error;
    }
    return {
      connection,
      get pid() {
        return keeper.pid;
      },
      stop: async () => {
        await keeper.stop();
        if (socketDir !== clusterDir) rmSync(socketDir, { recursive: true, force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Locks the data folder; on a full disk, the ballast makes the room that the lock needs. */
async function lockWithRoom(dataDir: string, log: Logger): Promise<FolderLock> {
  try {
    return await lockFolder(dataDir);
  } catch (error) {
    if (!isFull(error)) throw error;
    releaseBallast(dataDir, log);
    return await lockFolder(dataDir);
  }
}

/**
 * How to connect to the embedded database of the server that runs on a data folder; undefined when
 * it does not take connections (yet, or just not). The caller knows that a server runs: without
 * one, these are the words of a database that has died.
 */
export function runningEmbedded(dataDir: string): Embedded['connection'] | undefined {
  const host = socketDirOf(join(realpathSync(dataDir), 'postgres'));
  if (host === undefined) return undefined;
  return { host, port: socketPort, user: embeddedUser, database };
}

/** Keeps one PostgreSQL running on a cluster: starts it again when it dies, until told to stop. */
class Keeper {
  readonly #paths: ClusterPaths;
  readonly #found: UsableRunAs;
  readonly #log: Logger;
  readonly #makeRoom: () => void;
  readonly #stopping = new AbortController();
  #current: Postmaster | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(paths: ClusterPaths, found: UsableRunAs, log: Logger, makeRoom: () => void) {
    this.#paths = paths;
    this.#found = found;
    this.#log = log;
    this.#makeRoom = makeRoom;
  }

  get pid(): number {
    return this.#current?.pid ?? 0;
  }

  async start(): Promise<void> {
    this.#current = await startPostmaster(this.#paths, this.#found, this.#log);
    this.#watching = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#current?.stop(15_000);
    await this.#watching;
  }

  async #watch(): Promise<void> {
    for (;;) {
      const how = await this.#current?.ended;
      if (this.#stopping.signal.aborted) return;
      this.#log.error({ ...how }, 'the embedded database has died; starting it again');
      await this.#restart();
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Tries until it runs, pausing 0.1 s, then twice as long each time, at most 5 s. */
  async #restart(): Promise<void> {
    const { signal } = this.#stopping;
    for (let pause = 100; !signal.aborted; pause = Math.min(pause * 2, 5_000)) {
      try {
        this.#makeRoom();
        await clearLeftovers(this.#paths, this.#log);
        this.#current = await startPostmaster(this.#paths, this.#found, this.#log, { signal });
        this.#log.info({ pid: this.pid }, 'the embedded database runs again');
        // Stopped in this moment: stop() ended the one before, this one is ours to end.
        if (signal.aborted) await this.#current.stop(15_000);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#log.error({ err: error, retryInMs: pause }, 'the embedded database does not start');
        await this.#pause(pause);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stopping;
      if (signal.aborted) return resolve();
      const timer = setTimeout(resolve, ms);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

async function ensureDatabase(connection: Embedded['connection']): Promise<void> {
  const client = new pg.Client({ ...connection, database: 'postgres' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`create database ${database}`);
  } finally {
    await client.end();
  }
}
