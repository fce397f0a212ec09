import type pg from 'pg';
import type { RuleContext } from './stream-transaction.ts';

/** What a rule reads with. */
export type RuleReader = Pick<RuleContext, 'query'>;

/** Returns what reads on a connection as a rule does in the transaction of its command. */
export const ruleReader = (on: pg.Pool | pg.PoolClient): RuleReader => ({
  query: async <R extends pg.QueryResultRow>(name: string, text: string, values: unknown[]) =>
    (await on.query<R>({ name, text, values })).rows,
});
