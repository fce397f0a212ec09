import type { Writable } from 'node:stream';
import pg from 'pg';

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
  await commit(client);
  return result;
}

/** What the caller of {@link withPipelinedTransaction} hands back for the commit. */
export interface ReadyToCommit<T> {
  readonly result: T;
  /**
   * Resolves when every statement of the transaction has succeeded; rejects with the error of the
   * first that failed. COMMIT is sent without waiting for it.
   */
  readonly executed: Promise<unknown>;
}

/**
 * Like {@link withTransaction}, but statements need not wait for each other: on a pool with
 * `pipeline` they travel together, BEGIN and COMMIT included, and one round trip answers all.
 *
 * 1. PostgreSQL executes them in the order in which they were issued. After one fails it rejects the
 *    rest and answers COMMIT with ROLLBACK: nothing of the transaction is stored, and the error of
 *    the first is thrown.
 * 2. `fn` must await `started` before it issues a statement that writes: without BEGIN, each statement
 *    would be a transaction of its own.
 * 3. The outcome is reported as by {@link withTransaction}. A connection that is lost while COMMIT is
 *    on its way, even before earlier statements were answered, is {@link CommitOutcomeUnknown}.
 */
export async function withPipelinedTransaction<T>(
  pool: pg.Pool,
  fn: (client: pg.PoolClient, started: Promise<void>) => Promise<ReadyToCommit<T>>,
): Promise<T> {
  const client = await connect(pool);
  let ready: ReadyToCommit<T>;
  try {
    writeTogether(client);
    const started = client.query('begin').then(() => undefined);
    started.catch(() => undefined);
    ready = await fn(client, started);
    // It is awaited further down, unless an earlier failure ends the transaction first.
    ready.executed.catch(() => undefined);
    await started;
    await rejectedLocally(ready.executed);
  } catch (error) {
    const clean = isDatabaseError(error) && (await rolledBack(client));
    client.release(!clean);
    if (isConnectionError(error)) {
      throw new NotCommitted('the database was lost before COMMIT', { cause: error });
    }
    throw error;
  }
  await commitPipelined(client, ready.executed);
  return ready.result;
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

async function commit(client: pg.PoolClient): Promise<void> {
  let command: string;
  try {
    command = (await client.query('commit')).command;
  } catch (error) {
    // If the session still works, the server rejected the commit (a deferred constraint, for example)
    // and rolled back. Otherwise the connection was lost, before or after the commit.
    const refused = isDatabaseError(error) && (await rolledBack(client));
    client.release(!refused);
    if (refused) throw error;
    throw new CommitOutcomeUnknown('the database was lost during COMMIT', { cause: error });
  }
  if (command !== 'COMMIT') {
    // PostgreSQL answers COMMIT with ROLLBACK if an earlier statement failed.
    client.release(true);
    throw new NotCommitted('the transaction had failed before COMMIT and was rolled back');
  }
  client.release();
}

/**
 * Writes what is sent on this connection in the current turn of the event loop to the socket at once.
 * Otherwise each statement is a write of its own, which wakes PostgreSQL up for that one.
 */
export function writeTogether(client: pg.ClientBase): void {
  // pg has no API for this; without the socket the statements are written one by one.
  const { stream } =
    (client as unknown as { connection?: { stream?: Partial<Writable> } }).connection ?? {};
  if (!stream?.cork || !stream.uncork) return;
  stream.cork();
  process.nextTick(() => stream.uncork?.());
}

/**
 * Throws if a statement was not even sent, because its values could not be encoded: PostgreSQL does
 * not know of it, and would commit the others. `pg` reports that in the turn that issued it.
 */
async function rejectedLocally(executed: Promise<unknown>): Promise<void> {
  const later = new Promise((resolve) =>
    process.nextTick(() => queueMicrotask(() => resolve(null))),
  );
  await Promise.race([executed, later]);
}

async function commitPipelined(client: pg.PoolClient, executed: Promise<unknown>): Promise<void> {
  const [statements, commit] = await Promise.allSettled([executed, client.query('commit')]);
  if (commit.status === 'rejected') {
    const refused = isDatabaseError(commit.reason) && (await rolledBack(client));
    client.release(!refused);
    if (refused) throw commit.reason;
    throw new CommitOutcomeUnknown('the database was lost during COMMIT', { cause: commit.reason });
  }
  if (commit.value.command !== 'COMMIT') {
    // PostgreSQL answers COMMIT with ROLLBACK if an earlier statement failed.
    const explained = statements.status === 'rejected' && isDatabaseError(statements.reason);
    client.release(!explained);
    if (explained) throw statements.reason;
    throw new NotCommitted('the transaction had failed before COMMIT and was rolled back');
  }
  if (statements.status === 'rejected') {
    // Committed, although something that belongs to it failed on this side. A retry finds it stored.
    client.release(true);
    throw new CommitOutcomeUnknown('a statement failed here, and its transaction was committed', {
      cause: statements.reason,
    });
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
