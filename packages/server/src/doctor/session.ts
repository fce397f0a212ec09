import pg from 'pg';
import { columnTypes } from '../storage/database.ts';

/** How long a repair waits for the locks of the streams. */
const LOCK_TIMEOUT_MS = 60_000;

/**
 * Runs `fn` on a separate connection to the database of `pool`, without statement timeouts. The
 * connection is closed afterwards, which drops its temporary tables.
 */
export async function withSession<T>(
  pool: pg.Pool,
  fn: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const { password } = pool.options;
  const config: pg.PoolConfig = {
    ...pool.options,
    // pg makes the password non-enumerable in the options of a pool.
    ...(password !== undefined && { password }),
    // The given pool may parse types differently.
    types: columnTypes,
    application_name: 'parley doctor',
    max: 1,
    statement_timeout: 0,
    query_timeout: 0,
    idle_in_transaction_session_timeout: 0,
    lock_timeout: LOCK_TIMEOUT_MS,
  };
  const own = new pg.Pool(config);
  // The next statement rejects with the same error.
  own.on('error', () => undefined);
  try {
    const client = await own.connect();
    client.on('error', () => undefined);
    try {
      return await fn(client);
    } finally {
      client.release(true);
    }
  } finally {
    await own.end();
  }
}

/** Returns the quoted name of the schema of the tables. */
export async function schemaOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    'select quote_ident(current_schema()) as name',
  );
  return rows[0]?.name ?? 'public';
}
