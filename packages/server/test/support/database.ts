import { rmSync } from 'node:fs';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, type DatabaseAddress, openDatabase } from '../../src/storage/database.ts';
import { type Embedded, startEmbedded } from '../../src/storage/embedded.ts';
import { makeTempDir } from './temp-dir.ts';
import { copyCluster, createTemplate, removeCluster, TEMPLATE } from './template.ts';
import { testLog } from './test-log.ts';

export { testLog };

/** A separate database for one test: migrated, empty. */
export type TestDatabase = {
  address: Extract<DatabaseAddress, { host: string }>;
  /** {@link address} as a URL, for DATABASE_URL. */
  url: string;
  /**
   * Opens a pool, pipelined unless told otherwise, so that it may append to streams;
   * {@link TestCluster.stop} closes it if the test does not.
   */
  open(options?: { pipelined?: boolean }): Promise<Database>;
};

/** A real PostgreSQL in a temporary folder, for one test file. */
export type TestCluster = {
  embedded: Embedded;
  dataDir: string;
  /** Creates a database: a copy of a migrated one (some 50 ms), or an empty one. */
  fresh(options?: { migrated?: boolean }): Promise<TestDatabase>;
  /** Closes all pools, stops PostgreSQL and removes the folder. */
  stop(): Promise<void>;
};

/**
 * Starts one PostgreSQL for a test file, on a copy of the one that template.ts creates: call it in `beforeAll`, and `stop` in `afterAll`. Each test
 * uses its own database from `fresh()`.
 */
export async function startTestCluster(): Promise<TestCluster> {
  const dataDir = makeTempDir('database');
  try {
    const template = inject('databaseTemplate');
    if (template !== undefined) await copyCluster(template, dataDir);
    const embedded = await startEmbedded({ dataDir, log: testLog });
    if (template === undefined) await createTemplate(embedded.connection);
    return testCluster(embedded, dataDir);
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

/** {@link startTestCluster} and one migrated database on it, for files that need no more. */
export async function startTestDatabase(): Promise<TestCluster & TestDatabase> {
  const cluster = await startTestCluster();
  return { ...cluster, ...(await cluster.fresh()) };
}

function testCluster(embedded: Embedded, dataDir: string): TestCluster {
  const pools: Database[] = [];
  let made = 0;
  let chain: Promise<unknown> = Promise.resolve();

  // Kept for all databases of the file: a new connection takes a fifth of the time that creating one does.
  let maker: pg.Pool | undefined;
  const create = async (sql: string) => {
    if (maker === undefined) {
      maker = new pg.Pool({
        ...embedded.connection,
        database: 'postgres',
        max: 1,
        idleTimeoutMillis: 0,
      });
      // A test may stop the database while the connection is idle; the next statement then reconnects.
      maker.on('error', () => undefined);
    }
    await maker.query(sql);
  };
  // One after the other: a database that is being copied must have no other connection.
  const createInTurn = (sql: string) => {
    const turn = chain.then(() => create(sql));
    chain = turn.catch(() => undefined);
    return turn;
  };

  return {
    embedded,
    dataDir,
    fresh: async ({ migrated = true } = {}) => {
      made += 1;
      const database = `test_${made}`;
      await createInTurn(
        // Copies files instead of pages through the log, which takes twice the processor time.
        `create database ${database} template ${migrated ? TEMPLATE : 'template0'} strategy file_copy`,
      );
      const address = { ...embedded.connection, database };
      return {
        address,
        url: `postgres://${address.user}@localhost/${database}?host=${encodeURIComponent(address.host)}&port=${address.port}`,
        open: async ({ pipelined = true } = {}) => {
          const opened = await openDatabase(address, testLog, { pipelined });
          pools.push(opened);
          return opened;
        },
      };
    },
    stop: async () => {
      await Promise.all(pools.map((opened) => closeOnce(opened)));
      if (maker !== undefined) await endPool(maker);
      await embedded.stop();
      await removeCluster(dataDir);
    },
  };
}

/**
 * Ends a pool of a test and waits until its connections are closed. `pool.end()` alone resolves
 * earlier, and a database that stops meanwhile would end them with an error (57P01).
 */
export async function endPool(pool: pg.Pool): Promise<void> {
  let left = pool.totalCount;
  const closed = new Promise<void>((resolve) => {
    if (left === 0) resolve();
    pool.on('remove', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
  await pool.end();
  await closed;
}

async function closeOnce(database: Database): Promise<void> {
  if (!database.pool.ended) await database.close();
}
