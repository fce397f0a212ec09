import type pg from 'pg';
import { isGroup, type StatementGroup } from '../database/group.ts';
import type { EventLoop } from '../event-loop.ts';
import type { Process } from '../process.ts';

/**
 * Returns the pool as one process uses it: the answers of the database arrive as tasks of that process,
 * so that they follow their order and end with the process. Answers that arrive at one moment
 * arrive together, as in one read from the socket.
 */
export function poolOf(process: Process, loop: EventLoop, pool: pg.Pool): pg.Pool {
  const arrived: (() => void)[] = [];
  const arrive = (fn: () => void) => {
    if (arrived.push(fn) > 1) return;
    loop.after(0, process, () => {
      for (const settle of arrived.splice(0)) settle();
    });
  };
  const inProcess = <T>(answer: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      answer.then(
        (value) => arrive(() => resolve(value)),
        (error: unknown) => arrive(() => reject(error)),
      );
    });
  /** The group as the database answers it. */
  const grouped = (group: StatementGroup): StatementGroup => ({
    callback: group.callback,
    submit: (connection) => group.submit(connection),
    handleRowDescription: (message) => arrive(() => group.handleRowDescription(message)),
    handleDataRow: (message) => arrive(() => group.handleDataRow(message)),
    handleCommandComplete: (message) => arrive(() => group.handleCommandComplete(message)),
    handleReadyForQuery: () => arrive(() => group.handleReadyForQuery()),
    handleError: (error) => arrive(() => group.handleError(error)),
  });
  const clients = new WeakMap<pg.PoolClient, object>();
  const client = (inner: pg.PoolClient) => {
    // The same object each time: the product knows by it which statements are prepared.
    const known = clients.get(inner) ?? wrapped(inner);
    clients.set(inner, known);
    return known;
  };
  const wrapped = (inner: pg.PoolClient) => ({
    query: (...args: unknown[]) => {
      const [query] = args as [object | string];
      return isGroup(query) ? inner.query(grouped(query)) : inProcess(queryOf(inner)(...args));
    },
    release: (error?: Error | boolean) => inner.release(error),
    getTypeParser: inner.getTypeParser.bind(inner),
  });
  // As much of a pool as the modules of the delivery path use.
  return {
    query: (...args: unknown[]) => inProcess(queryOf(pool)(...args)),
    connect: async () => client(await inProcess(pool.connect())),
  } as unknown as pg.Pool;
}

/** `query` has many signatures; all of them are passed on. */
function queryOf(to: pg.Pool | pg.PoolClient): (...args: unknown[]) => Promise<unknown> {
  return (to.query as (...args: unknown[]) => Promise<unknown>).bind(to);
}
