import type pg from 'pg';

/** A statement of a group, as it is handed to the connection. */
export interface GroupStatement {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Statements that travel together, as `storage/pipeline.ts` hands them to `pg`. */
export interface StatementGroup extends pg.Submittable {
  readonly callback: unknown;
  handleRowDescription(message: { readonly fields: unknown }): void;
  handleDataRow(message: { readonly fields: readonly unknown[] }): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
}

/** Returns whether a query is a group. */
export const isGroup = (query: unknown): query is StatementGroup =>
  typeof (query as { submit?: unknown } | null)?.submit === 'function';

/**
 * Returns the statements of a group, with values of the types that the product has issued them with.
 * `texts` has the statements that are prepared on the connection, and gets those that are prepared now.
 */
export function statementsOf(group: StatementGroup, texts: Map<string, string>): GroupStatement[] {
  const statements: GroupStatement[] = [];
  const wire = {
    stream: { cork: () => undefined, uncork: () => undefined },
    close: () => undefined,
    describe: () => undefined,
    execute: () => undefined,
    sync: () => undefined,
    parse: ({ name, text }: { name: string; text: string }) => texts.set(name, text),
    bind: ({ statement: name, values }: { statement: string; values: readonly unknown[] }) => {
      const text = texts.get(name) as string;
      const types = typesOf(text);
      statements.push({ name, text, values: values.map((v, n) => decoded(v, types[n])) });
    },
  };
  group.submit(wire as unknown as pg.Connection);
  return statements;
}

/** The names of the columns of the row that is handed over. */
let columnNames: readonly string[] = [];
/** The columns of every statement: those of the row, as the model does not describe results without rows. */
const COLUMNS = {
  entries: () => columnNames.map((name, n) => [n, { name, parse: (value: unknown) => value }]),
};

/** Hands the results of the statements that were executed to the group, and the error of the next one. */
export function answerGroup(
  group: StatementGroup,
  results: readonly pg.QueryResult[],
  error: Error | null,
): void {
  for (const { rows, command } of results) {
    group.handleRowDescription({ fields: { map: () => COLUMNS } });
    for (const row of rows) {
      columnNames = Object.keys(row);
      group.handleDataRow({ fields: Object.values(row) });
    }
    group.handleCommandComplete({ text: command });
  }
  if (error) group.handleError(error);
  else group.handleReadyForQuery();
}

const knownTypes = new Map<string, readonly (string | undefined)[]>();

/** Returns the types that a statement casts its parameters to. */
function typesOf(text: string): readonly (string | undefined)[] {
  const known = knownTypes.get(text);
  if (known) return known;
  const types: (string | undefined)[] = [];
  for (const [, n, type] of text.matchAll(/\$(\d+)::(\w+(?:\[\])?)/g)) {
    types[Number(n) - 1] ??= type;
  }
  knownTypes.set(text, types);
  return types;
}

/** Returns the value of a parameter in PostgreSQL’s text format. */
function decoded(value: unknown, type: string | undefined): unknown {
  if (typeof value !== 'string') return value;
  if (type?.endsWith('[]')) return itemsOf(value).map((item) => itemOf(item, type));
  // Seqs and counts; whatever else consists of digits alone travels in arrays.
  const isNumber = type === undefined || type === 'int8' || type === 'int';
  return isNumber && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

function itemOf(item: string | null, type: string): unknown {
  if (item === null) return null;
  if (type === 'int8[]' || type === 'int[]') return Number(item);
  if (type === 'bool[]') return item === 'true';
  return type === 'bytea[]' ? Buffer.from(item.slice(2), 'hex') : item;
}

/** Returns the items of an array literal. */
function itemsOf(literal: string): (string | null)[] {
  const items: (string | null)[] = [];
  const item = /"((?:[^"\\]|\\.)*)"|([^,{}]+)/gs;
  for (const [, quoted, plain] of literal.slice(1, -1).matchAll(item)) {
    if (quoted !== undefined) items.push(quoted.replace(/\\(.)/gs, '$1'));
    else items.push(plain === 'NULL' ? null : (plain as string));
  }
  return items;
}
