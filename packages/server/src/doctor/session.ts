import pg from 'pg';
import { columnTypes } from '../storage/database.ts';

/** A repair waits this long for the locks of the streams. */
const LOCK_TIMEOUT_MS = 60_000;

/**
 * Runs `fn` on a connection of its own to the database of `pool`, which is closed afterwards and
 * with it all temporary tables. Its statements may take as long as they take.
 */
export async function withSession<T>(
  pool: pg.Pool,
  fn: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const { password } = pool.options;
  const own = new pg.Pool({
    ...pool.options,
    // Not enumerable in the options of a pool.
    ...(password !== undefined && { password }),
    // The pool may be anybody’s.
    types: columnTypes,
    application_name: 'parley doctor',
    max: 1,
    statement_timeout: 0,
    query_timeout: 0,
    idle_in_transaction_session_timeout: 0,
    lock_timeout: LOCK_TIMEOUT_MS,
  });
  // The next statement fails with it, and says so to the one who asked.
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

/** The schema that the tables are in, quoted. */
export async function schemaOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    'select quote_ident(current_schema()) as name',
  );
  return rows[0]?.name ?? 'public';
}
