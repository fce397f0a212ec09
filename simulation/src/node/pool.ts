import type pg from 'pg';
import type { EventLoop } from '../event-loop.ts';
import type { Process } from '../process.ts';
import { answerGroup, type GroupStatement, isGroup, statementsOf } from './statement-group.ts';

/**
 * Returns the pool as one process uses it: the answers of the database arrive as happenings of that
 * process, so that they follow their order and end with the process. Answers that arrive at one moment
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
  const client = (inner: pg.PoolClient) => {
    const texts = new Map<string, string>();
    return {
      query: (...args: unknown[]) => {
        const [group] = args;
        if (!isGroup(group)) return inProcess(queryOf(inner)(...args));
        const statements = statementsOf(group, texts);
        inProcess(resultsOf(inner, statements)).then(
          ({ results, error }) => answerGroup(group, results, error),
          (error: Error) => answerGroup(group, [], error),
        );
        return group;
      },
      release: (error?: Error | boolean) => inner.release(error),
    };
  };
  // As much of a pool as the modules of the delivery path use.
  return {
    query: (...args: unknown[]) => inProcess(queryOf(pool)(...args)),
    connect: async () => client(await inProcess(pool.connect())),
  } as unknown as pg.Pool;
}

/** Executes statements in order. Returns the results up to the first that fails, and its error. */
async function resultsOf(
  client: pg.PoolClient,
  statements: readonly GroupStatement[],
): Promise<{ results: pg.QueryResult[]; error: Error | null }> {
  const answers = await Promise.allSettled(
    statements.map(({ name, text, values }) =>
      queryOf(client)({ ...(name !== text && { name }), text, values }),
    ),
  );
  const failed = answers.findIndex((answer) => answer.status === 'rejected');
  const executed = failed === -1 ? answers : answers.slice(0, failed);
  return {
    results: executed.map((a) => (a as PromiseFulfilledResult<unknown>).value as pg.QueryResult),
    error: failed === -1 ? null : ((answers[failed] as PromiseRejectedResult).reason as Error),
  };
}

/** `query` has many signatures; all of them are passed on. */
function queryOf(to: pg.Pool | pg.PoolClient): (...args: unknown[]) => Promise<unknown> {
  return (to.query as (...args: unknown[]) => Promise<unknown>).bind(to);
}
