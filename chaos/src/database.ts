import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Embedded, startEmbedded } from '@parley/server/embedded';
import { createLogger } from '@parley/server/log';
import pg from 'pg';

/** The database of a run: one for all nodes, or the embedded one of the only node. */
export interface RunDatabase {
  /** For DATABASE_URL; null: the node has its own. */
  readonly url: string | null;
  /** How to connect past the nodes. */
  readonly connection: Embedded['connection'];
  /** Process id of the postmaster as it runs now; null while there is none. */
  pid(): number | null;
  /** Runs a statement as its own client, past the nodes. */
  query(text: string): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL of its own for several nodes. It is started again whenever it dies. */
export async function startDatabase(dataDir: string): Promise<RunDatabase> {
  // Its deaths are the run’s doing; only what nobody has planned shall be told.
  const embedded = await startEmbedded({ dataDir, log: createLogger('fatal') });
  return {
    url: urlOf(embedded),
    connection: embedded.connection,
    pid: () => embedded.pid || null,
    query: (text) => queryOnce(embedded.connection, text),
    stop: () => embedded.stop(),
  };
}

/** The embedded database of a node with this data folder. */
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
  // A connection that is ended from the other side is what some faults are about.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}

/** The postmaster that runs on this cluster, by the file that it keeps there. */
function postmasterOf(clusterDir: string): number | null {
  try {
    const pid = Number(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
    // The file of one that was killed stays: its number may be somebody else’s by now.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(clusterDir) ? pid : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
