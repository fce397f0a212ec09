import type pg from 'pg';
import type { RuleContext } from './stream-transaction.ts';

/** The database access of a rule. */
export type RuleReader = Pick<RuleContext, 'query'>;

/** Returns a reader on a connection that works like that of a rule in its transaction. */
export const ruleReader = (on: pg.Pool | pg.PoolClient): RuleReader => ({
  query: async <R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]) =>
    (await on.query<R>({ name, text, values })).rows,
});
