import pg from 'pg';
import type { Logger } from '../runtime/log.ts';
import { isConnectionError } from './transaction.ts';

export {
  CommitOutcomeUnknown,
  isConnectionError,
  NotCommitted,
  withPipelinedTransaction,
  withTransaction,
} from './transaction.ts';

/** The address of the database: the `connection` of the embedded one, or DATABASE_URL. */
export type DatabaseAddress =
  | { host: string; port: number; user: string; database: string }
  | { connectionString: string };

/** The open database. */
export type Database = {
  /** Transactions go through {@link withTransaction}. */
  pool: pg.Pool;
  /** Waits for pending queries and closes all connections. */
  close(): Promise<void>;
};

/** The configuration of the database server could lose confirmed transactions; Parley does not start. */
export class UnsafeDatabase extends Error {
  override name = 'UnsafeDatabase';
}

// A statement that takes longer than this is stuck and holds locks that others wait for.
const statementTimeoutMs = 30_000;
const timeouts = {
  statement_timeout: statementTimeoutMs,
  lock_timeout: 10_000,
  idle_in_transaction_session_timeout: 15_000,
  // For a server that disappeared without closing the connection.
  query_timeout: statementTimeoutMs + 15_000,
};

/**
 * Settings of connections that append events. Their statements look up few rows by key, for any
 * values. Planning them each time, as PostgreSQL does while its estimates favor that, takes longer
 * than executing them. And a plan that is made once must not depend on tables being small at that
 * time: a join that scans a table would do so until the next ANALYZE.
 */
const PIPELINED_SETTINGS = `set plan_cache_mode = force_generic_plan;
  set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off`;

/**
 * Connects to the database: waits until it responds (up to `waitMs`, or until `signal`), and checks that
 * its configuration is durable. With `patient`, statements have no time limit. With `pipelined`,
 * PostgreSQL plans each prepared statement once: for {@link withPipelinedTransaction}.
 *
 * @throws {UnsafeDatabase} with fsync, synchronous_commit or full_page_writes off
 */
export async function openDatabase(
  address: DatabaseAddress,
  log: Logger,
  {
    waitMs = 60_000,
    maxConnections = 16,
    patient = false,
    pipelined = false,
    signal,
  }: {
    waitMs?: number;
    maxConnections?: number;
    patient?: boolean;
    pipelined?: boolean;
    signal?: AbortSignal | undefined;
  } = {},
): Promise<Database> {
  const config: pg.PoolConfig = {
    ...address,
    application_name: 'parley',
    max: maxConnections,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    ...(patient ? {} : timeouts),
    types: columnTypes,
    // Not start-up options: connection poolers refuse those.
    ...(pipelined && { onConnect: (client) => client.query(PIPELINED_SETTINGS) }),
  };
  const pool = new pg.Pool(config);
  // Without these listeners, a lost connection would end this process.
  let closing = false;
  pool.on('error', (error) => {
    // While closing, the server and this process close the same connections.
    if (!closing) log.warn({ err: error }, 'idle database connection lost');
  });
  pool.on('connect', (client) => {
    client.on('error', (error) => log.debug({ err: error }, 'database connection lost'));
  });
  try {
    await waitForAnswer(pool, log, waitMs, signal);
    await refuseUnsafe(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    pool,
    close: () => {
      closing = true;
      return pool.end();
    },
  };
}

/** Returns `bigint` columns (seqs and counts) as JavaScript numbers; they stay far below 2^53. */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

async function waitForAnswer(
  pool: pg.Pool,
  log: Logger,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const startedAt = performance.now();
  let loggedAt = Number.NEGATIVE_INFINITY;
  for (let pause = 100; ; pause = Math.min(pause * 2, 1_000)) {
    try {
      await pool.query('select 1');
      return;
    } catch (error) {
      const waited = performance.now() - startedAt;
      if (!isConnectionError(error)) throw error;
      signal?.throwIfAborted();
      if (waited + pause > waitMs) {
        throw new Error(
          `The database did not answer within ${waitMs / 1000} s: ${(error as Error).message}`,
          { cause: error },
        );
      }
      if (waited - loggedAt > 5_000) {
        loggedAt = waited;
        log.warn({ reason: (error as Error).message }, 'waiting for the database');
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

async function refuseUnsafe(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string; setting: string; version: number }>(
    `select name, setting, current_setting('server_version_num')::int as version
     from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
  );
  const off = rows.filter((row) => row.setting === 'off').map((row) => row.name);
  if (off.length > 0) {
    throw new UnsafeDatabase(
      `The database server has ${off.join(' and ')} off: a power failure could lose or damage ` +
        'acknowledged messages, so Parley does not start. ' +
        `Set ${off.map((name) => `${name} = on`).join(', ')} in postgresql.conf and reload it.`,
    );
  }
  const version = rows[0]?.version ?? 0;
  if (version < 150_000) {
    throw new UnsafeDatabase(
      `The database server is PostgreSQL ${Math.floor(version / 10_000)}; Parley needs 15 or later.`,
    );
  }
}
