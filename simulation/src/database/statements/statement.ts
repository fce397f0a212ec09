import { createHash } from 'node:crypto';
import type { Steps } from '../tables/row.ts';
import type { Transaction } from '../tables/transaction.ts';

/** What a statement returns, as `pg` reports it. */
export interface Result {
  readonly command: string;
  readonly rowCount: number | null;
  readonly rows: readonly object[];
}

/** The values of the parameters. Each statement knows their types. */
export type Values = readonly unknown[];

/** A statement of the product, and what it does to the tables. */
export interface Statement {
  /** The name under which the product prepares it. */
  readonly name: string;
  /** The digest of its exact text: {@link digestOfText}. */
  readonly digest: string;
  /** The columns, for a connection that asks for them before it has seen a row. */
  readonly columns?: readonly string[];
  /** The places ($1 is 1) of parameters that are text, although they may consist of digits. */
  readonly texts?: readonly number[];
  /** The places of parameters that are arrays of numbers, although the text does not cast them. */
  readonly arrays?: readonly number[];
  /** Executes it at once, or in steps between which it waits. */
  readonly run: (tx: Transaction, values: Values) => Result | Steps<Result>;
}

/** Returns a statement that never waits for another transaction. */
export const reads = (
  name: string,
  digest: string,
  run: (tx: Transaction, values: Values) => readonly object[],
  columns?: readonly string[],
): Statement => ({
  name,
  digest,
  run: (tx, values) => selected(run(tx, values)),
  ...(columns && { columns }),
});

/** Returns a statement that may wait for other transactions. */
export const writes = (
  name: string,
  digest: string,
  run: (tx: Transaction, values: Values) => Steps<Result>,
  more: Pick<Statement, 'columns' | 'texts' | 'arrays'> = {},
): Statement => ({
  name,
  digest,
  ...more,
  *run(tx, values) {
    const result = yield* run(tx, values);
    yield* tx.checkReferences();
    return result;
  },
});

/** Returns the result of a query. */
export const selected = (rows: readonly object[]): Result => ({
  command: 'SELECT',
  rowCount: rows.length,
  rows,
});

/** Returns the result of a change. */
export const changed = (command: 'INSERT' | 'UPDATE' | 'DELETE', rowCount: number): Result => ({
  command,
  rowCount,
  rows: [],
});

/**
 * Returns the digest of the text of a statement. White space does not count: the text may be
 * indented differently.
 */
export function digestOfText(text: string): string {
  const canonical = text.replace(/\s+/g, ' ').trim();
  return createHash('sha256').update(canonical).digest('hex').slice(0, 12);
}

/** Returns a time as `timestamptz` comes from `pg`. */
export const time = (ms: number): Date => new Date(ms);
/** Returns a time as JSON has it; null if there is none. */
export const jsonTime = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();
/** Returns the ms of a `timestamptz` parameter. */
export const ms = (text: string): number => Date.parse(text);
/** Returns the ms of a time, which is text if the statement is sent in a group. */
export const msOf = (value: Date | string): number =>
  value instanceof Date ? value.getTime() : ms(value);

/**
 * Returns the two forms of a statement of storage/list-statement.ts: with arrays, and, in `-one`, with the
 * values of one row of each list.
 */
export function listForms(many: Statement, digestOfOne: string): readonly [Statement, Statement] {
  const one: Statement = {
    ...many,
    name: `${many.name}-one`,
    digest: digestOfOne,
    run: (tx, values) =>
      many.run(
        tx,
        values.map((value) => [value]),
      ),
  };
  return [many, one];
}
