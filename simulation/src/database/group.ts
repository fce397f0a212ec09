import type pg from 'pg';
import type { Request } from './session.ts';
import { statementOf } from './statements/all.ts';
import type { Result } from './statements/statement.ts';

/** The prefix of the names under which storage/pipeline.ts prepares statements. */
const PREFIX = 'pipeline ';

/** Statements that are sent together, as storage/pipeline.ts passes them to `pg`. */
export interface StatementGroup extends pg.Submittable {
  readonly callback: unknown;
  handleRowDescription(message: { readonly fields: readonly Column[] }): void;
  handleDataRow(message: { readonly fields: readonly unknown[] }): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleReadyForQuery(): void;
  handleError(error: Error): void;
}

interface Column {
  readonly name: string;
  readonly dataTypeID: number;
}

/** Returns whether a query is a group. */
export const isGroup = (query: object | string): query is StatementGroup =>
  typeof query === 'object' && 'submit' in query;

/** A statement of a group. */
export interface GroupRequest extends Request {
  /** The group asks for the columns: it has not used the statement on this connection. */
  readonly describe: boolean;
}

/**
 * Returns the statements of a group, with their values as the product has issued them. `texts` has the
 * statements that are prepared on the connection, and gets those that are prepared now.
 */
export function requestsOf(group: StatementGroup, texts: Map<string, string>): GroupRequest[] {
  const requests: GroupRequest[] = [];
  const described = new Set<string>();
  const wire = {
    stream: { cork: () => undefined, uncork: () => undefined },
    close: () => undefined,
    parse: ({ name, text }: { name: string; text: string }) => texts.set(name, text),
    describe: ({ name }: { name: string }) => described.add(name),
    bind: ({ statement, values }: { statement: string; values: readonly unknown[] }) => {
      const text = texts.get(statement) as string;
      const issued = statement.slice(PREFIX.length);
      // Commands have themselves as their name.
      const name = issued === text ? undefined : issued;
      const decoded = name === undefined ? [] : decodedValues(name, text, values);
      requests.push({ name, text, values: decoded, describe: described.delete(statement) });
    },
    execute: () => undefined,
    sync: () => undefined,
  };
  group.submit(wire as unknown as pg.Connection);
  return requests;
}

/** Hands the results of the statements that were executed to a group, and the error of the next one. */
export function answer(
  group: StatementGroup,
  requests: readonly GroupRequest[],
  results: readonly Result[],
  error: Error | null,
): void {
  for (const [n, { command, rows }] of results.entries()) {
    const { name, text, describe } = requests[n] as GroupRequest;
    const columns = name === undefined ? [] : columnsOf(name, text, rows);
    if (describe) {
      group.handleRowDescription({ fields: columns.map((name) => ({ name, dataTypeID: 0 })) });
    }
    for (const row of rows) {
      const values = row as Readonly<Record<string, unknown>>;
      group.handleDataRow({ fields: columns.map((column) => values[column] ?? null) });
    }
    group.handleCommandComplete({ text: command });
  }
  if (error) group.handleError(error);
  else group.handleReadyForQuery();
}

function columnsOf(name: string, text: string, rows: readonly object[]): readonly string[] {
  const { columns } = statementOf(name, text);
  if (columns) return columns;
  const [first] = rows;
  return first ? Object.keys(first) : [];
}

/** The types that a statement casts its parameters to, by its text. */
const types = new Map<string, readonly (string | undefined)[]>();

function typesOf(text: string): readonly (string | undefined)[] {
  const known = types.get(text);
  if (known) return known;
  const found: (string | undefined)[] = [];
  for (const [, n, type] of text.matchAll(/\$(\d+)::(\w+(?:\[\])?)/g)) {
    found[Number(n) - 1] ??= type;
  }
  types.set(text, found);
  return found;
}

function decodedValues(name: string, text: string, values: readonly unknown[]): unknown[] {
  const { texts, arrays } = statementOf(name, text);
  const casts = typesOf(text);
  return values.map((value, n) => {
    if (typeof value !== 'string') return value;
    const type = arrays?.includes(n + 1) ? 'int8[]' : casts[n];
    if (type === 'text') return value;
    if (type === 'bool') return value === 'true';
    if (type?.endsWith('[]')) return itemsOf(value).map((item) => itemOf(item, type));
    // Apart from text, only seqs consist of digits alone.
    return !texts?.includes(n + 1) && /^\d{1,15}$/.test(value) ? Number(value) : value;
  });
}

function itemOf(item: string | null, type: string): unknown {
  if (item === null) return null;
  if (type === 'int8[]') return Number(item);
  if (type === 'bool[]') return item === 'true';
  return type === 'bytea[]' ? Buffer.from(item.slice(2), 'hex') : item;
}

/** Returns the items of an array literal. */
function itemsOf(literal: string): (string | null)[] {
  const items: (string | null)[] = [];
  let at = 1;
  while (at < literal.length - 1) {
    if (literal[at] === '"') {
      let end = at + 1;
      while (literal[end] !== '"') end += literal[end] === '\\' ? 2 : 1;
      const item = literal.slice(at + 1, end);
      items.push(item.includes('\\') ? item.replace(/\\(.)/gs, '$1') : item);
      at = end + 2;
    } else {
      const comma = literal.indexOf(',', at);
      const end = comma === -1 ? literal.length - 1 : comma;
      const item = literal.slice(at, end);
      items.push(item === 'NULL' ? null : item);
      at = end + 1;
    }
  }
  return items;
}
