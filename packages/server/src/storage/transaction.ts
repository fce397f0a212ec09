import pg from 'pg';
import { Pipeline } from './pipeline.ts';

/** The transaction was not committed: the connection failed or was lost before COMMIT. */
export class NotCommitted extends Error {
  override name = 'NotCommitted';
}

/**
 * The connection was lost during COMMIT: the outcome is unknown. The caller must not report success or
 * failure; a retry of the command with the same id finds out.
 */
export class CommitOutcomeUnknown extends Error {
  override name = 'CommitOutcomeUnknown';
}

/**
 * Runs `fn` in a transaction and commits it.
 *
 * 1. It returns only after the database has confirmed the commit.
 * 2. It throws {@link CommitOutcomeUnknown} when the connection was lost during COMMIT. After any
 *    other error the transaction is rolled back: errors of the database (with their SQLSTATE) and of
 *    `fn` are rethrown, a lost connection is {@link NotCommitted}.
 * 3. A connection is returned to the pool only if it is clean: after a commit, or after an error of the
 *    database and a successful ROLLBACK. Otherwise it is destroyed.
 */
export async function withTransaction<T>(
  pool: pg.Pool,
  fn: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await connect(pool);
  let result: T;
  try {
    await client.query('begin');
    result = await fn(client);
  } catch (error) {
    const clean = isDatabaseError(error) && (await rolledBack(client));
    client.release(!clean);
    if (isConnectionError(error)) {
      throw new NotCommitted('the database was lost before COMMIT', { cause: error });
    }
    throw error;
  }
  await commit(client, async () => (await client.query('commit')).command);
  return result;
}

/**
 * Like {@link withTransaction}, but `fn` issues its statements on a {@link Pipeline}: they need not
 * wait for each other; BEGIN is sent with the first and COMMIT with the last ones.
 *
 * 1. After a statement fails, no later one is executed, including COMMIT: nothing is stored, and
 *    its error is thrown.
 * 2. The outcome is reported as by {@link withTransaction}. If the connection is lost after COMMIT
 *    was sent, even before earlier statements were answered, the error is {@link
 *    CommitOutcomeUnknown}.
 */
export async function withPipelinedTransaction<T>(
  pool: pg.Pool,
  fn: (pipeline: Pipeline) => Promise<T>,
): Promise<T> {
  const client = await connect(pool);
  const pipeline = new Pipeline(client);
  let result: T;
  try {
    pipeline.issue('begin', 'begin', []);
    result = await fn(pipeline);
    if (pipeline.failure) throw pipeline.failure;
  } catch (error) {
    const clean = isDatabaseError(error) && (await rolledBack(client));
    client.release(!clean);
    if (isConnectionError(error)) {
      throw new NotCommitted('the database was lost before COMMIT', { cause: error });
    }
    throw error;
  }
  await commit(client, () => pipeline.command('commit'));
  return result;
}

/**
 * Returns whether an error means that the database is unreachable (not started, restarting, connection
 * lost), so that a retry may succeed.
 */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof NotCommitted || error instanceof CommitOutcomeUnknown) return true;
  if (!(error instanceof Error)) return false;
  if (isDatabaseError(error)) {
    // 0800x: connection exceptions (08P01, a protocol violation, would be a bug of ours); 57P01-57P03: shutdown, crash of another backend, starting up;
    // 53300: too many connections.
    return /^(0800[0-7]|57P0[1-3]|53300)$/.test(error.code ?? '');
  }
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code !== undefined && networkCodes.has(code)) return true;
  // The socket of the embedded database does not exist while it restarts.
  if (code === 'ENOENT' && syscall === 'connect') return true;
  return pgMessages.some((text) => error.message.startsWith(text));
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

// The errors of `pg` itself have no code, only these messages.
const pgMessages = [
  'Connection terminated',
  'Client has encountered a connection error',
  'Client was closed',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
];

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new NotCommitted('the database cannot be reached', { cause: error });
  }
}

/** Sends COMMIT, which returns the tag of its answer, and returns after it is confirmed. */
async function commit(client: pg.PoolClient, send: () => Promise<string>): Promise<void> {
  let tag: string;
  try {
    tag = await send();
  } catch (error) {
    // If the session still works, the server rejected the commit (a deferred constraint, for example)
    // and rolled back. Otherwise the connection was lost, before or after the commit.
    const refused = isDatabaseError(error) && (await rolledBack(client));
    client.release(!refused);
    if (refused) throw error;
    throw new CommitOutcomeUnknown('the database was lost during COMMIT', { cause: error });
  }
  if (tag !== 'COMMIT') {
    // PostgreSQL answers COMMIT with ROLLBACK if an earlier statement failed.
    client.release(true);
    throw new NotCommitted('the transaction had failed before COMMIT and was rolled back');
  }
  client.release();
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('rollback');
    return true;
  } catch {
    // The connection is gone; the caller destroys it and reports the first error.
    return false;
  }
}

function isDatabaseError(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && /^[0-9A-Z]{5}$/.test(error.code ?? '');
}
