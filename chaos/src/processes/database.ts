import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '@parley/server/embedded';
import { createLogger } from '@parley/server/log';
import pg from 'pg';

/** The database of a run: one for all nodes, or the embedded one of the only node. */
export interface RunDatabase {
  /** For DATABASE_URL; null if the node has its own. */
  readonly url: string | null;
  /** Connection parameters that bypass the nodes. */
  readonly connection: Embedded['connection'];
  /** Process id of the current postmaster; null while there is none. */
  pid(): number | null;
  /** Runs a statement on a separate connection that bypasses the nodes. */
  query(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a PostgreSQL server for several nodes. It is restarted whenever it dies. */
export async function startDatabase(dataDir: string): Promise<RunDatabase> {
  // The run kills it on purpose; only other failures are logged.
  const embedded = await startEmbedded({ dataDir, log: createLogger('fatal') });
  return {
    url: urlOf(embedded),
    connection: embedded.connection,
    pid: () => embedded.pid || null,
    query: (text) => queryOnce(embedded.connection, text),
    stop: () => embedded.stop(),
  };
}

/** Returns the embedded database of a node with this data folder. */
export function databaseOfNode(dataDir: string): RunDatabase {
  const clusterDir = join(dataDir, 'postgres');
  const connection = { host: clusterDir, port: 5432, user: 'parley', database: 'parley' };
  return {
    url: null,
    connection,
    pid: () => postmasterOf(clusterDir),
    query: (text) => queryOnce(connection, text),
    stop: () => Promise.resolve(),
  };
}

function urlOf({ connection }: Embedded): string {
  const { host, port, user, database } = connection;
  return `postgres://${user}@localhost/${database}?host=${encodeURIComponent(host)}&port=${port}`;
}

async function queryOnce(connection: Embedded['connection'], text: string): Promise<void> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5_000 });
  // Some faults end connections from the server’s side.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** Returns the pid of the postmaster of this cluster from its pid file. */
function postmasterOf(clusterDir: string): number | null {
  try {
    const pid = Number(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
    // The file of a killed postmaster remains, and its pid may belong to another process by now.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(clusterDir) ? pid : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
