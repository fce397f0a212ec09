import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { Logger } from '../runtime/log.ts';
import { findBinaries } from './binaries.ts';
import { makeSpaceToStart, releaseBallast } from './disk-reserve.ts';
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
  /** The process id of the database, which changes after a restart. */
  readonly pid: number;
  /** Stops the database and unlocks the data folder. */
  stop(): Promise<void>;
};

const database = 'parley';

/**
 * Starts PostgreSQL on `<dataDir>/postgres`, which is created at the first start.
 *
 * 1. The data folder is locked for this process: {@link import('./lock.ts').DataFolderInUse}.
 * 2. It listens only on a Unix socket, in a folder that only its owner can enter.
 * 3. It is durable: fsync, synchronous_commit and full_page_writes are on.
 * 4. It does not outlive this process, however that ends; if it is killed, the next start recovers.
 * 5. If it crashes, it is restarted as long as this process is running.
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
  const lock = await lockWithSpace(dataDir, log);
  try {
    makeSpaceToStart(dataDir, log);
    const clusterDir = join(dataDir, 'postgres');
    const found = await findRunAs(findBinaries(), dataDir, clusterDir, log);
    const socketDir = await chooseSocketDir(clusterDir, found.runAs, log);
    const paths = { clusterDir, socketDir, logFile: join(dataDir, 'postgres.log') };
    await clearLeftovers(paths, log);
    await ensureCluster(clusterDir, found, log);
    const keeper = new Keeper(paths, found, log, () => makeSpaceToStart(dataDir, log));
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

/** Locks the data folder; on a full disk, deleting the ballast frees the space that the lock needs. */
async function lockWithSpace(dataDir: string, log: Logger): Promise<FolderLock> {
  try {
    return await lockFolder(dataDir);
  } catch (error) {
    if (!isFull(error)) throw error;
    releaseBallast(dataDir, log);
    return await lockFolder(dataDir);
  }
}

/**
 * Returns how to connect to the embedded database of the server that runs on a data folder; undefined
 * while it does not accept connections. The caller knows that a server is running; otherwise the
 * address may be that of a crashed database.
 */
export function runningEmbedded(dataDir: string): Embedded['connection'] | undefined {
  const host = socketDirOf(join(realpathSync(dataDir), 'postgres'));
  if (host === undefined) return undefined;
  return { host, port: socketPort, user: embeddedUser, database };
}

/** Keeps PostgreSQL running on a cluster: restarts it after a crash, until it is stopped. */
class Keeper {
  readonly #paths: ClusterPaths;
  readonly #found: UsableRunAs;
  readonly #log: Logger;
  readonly #makeSpace: () => void;
  readonly #stopping = new AbortController();
  #current: Postmaster | undefined;
  #watching: Promise<void> = Promise.resolve();

  constructor(paths: ClusterPaths, found: UsableRunAs, log: Logger, makeSpace: () => void) {
    this.#paths = paths;
    this.#found = found;
    this.#log = log;
    this.#makeSpace = makeSpace;
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
      this.#log.error({ ...how }, 'embedded database crashed, restarting');
      await this.#restart();
      if (this.#stopping.signal.aborted) return;
    }
  }

  /** Retries until it runs, with pauses from 0.1 s that double up to 5 s. */
  async #restart(): Promise<void> {
    const { signal } = this.#stopping;
    for (let pause = 100; !signal.aborted; pause = Math.min(pause * 2, 5_000)) {
      try {
        this.#makeSpace();
        await clearLeftovers(this.#paths, this.#log);
        this.#current = await startPostmaster(this.#paths, this.#found, this.#log, { signal });
        this.#log.info({ pid: this.pid }, 'embedded database restarted');
        // Stopped meanwhile: stop() ended the previous process, so this one is ended here.
        if (signal.aborted) await this.#current.stop(15_000);
        return;
      } catch (error) {
        if (signal.aborted) return;
        this.#log.error({ err: error, retryInMs: pause }, 'embedded database not started');
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
