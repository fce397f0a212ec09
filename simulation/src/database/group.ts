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
  /** The names of its columns, if the model knows them before it has seen a row. */
  readonly columns: readonly string[] | null;
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
      const describe = described.delete(statement);
      const issued = statement.slice(PREFIX.length);
      // Commands have themselves as their name.
      if (issued === text) {
        requests.push({ name: undefined, text, values: [], describe, columns: [] });
        return;
      }
      const { columns, decoders } = formOf(issued, text);
      const decoded = values.map((value, n) =>
        typeof value === 'string' ? (decoders[n] ?? untyped)(value) : value,
      );
      requests.push({ name: issued, text, values: decoded, describe, columns });
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
    const request = requests[n] as GroupRequest;
    const columns = request.columns ?? Object.keys(rows[0] ?? {});
    if (request.describe) {
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

/** Reads the text of a parameter. */
type Decoder = (text: string) => unknown;

/** How a statement is sent. */
interface Form {
  readonly text: string;
  readonly columns: readonly string[] | null;
  /** The decoders of its parameters; those that are missing are {@link untyped}. */
  readonly decoders: readonly (Decoder | undefined)[];
}

/** The forms of the statements that were sent so far, by their names. */
const forms = new Map<string, Form>();

/** Returns how a statement is sent. @throws {UnknownStatement} if the model does not know it */
function formOf(name: string, text: string): Form {
  const known = forms.get(name);
  if (known?.text === text) return known;
  const { columns, texts, arrays } = statementOf(name, text);
  const decoders: (Decoder | undefined)[] = [];
  for (const [, n, type] of text.matchAll(/\$(\d+)::(\w+(?:\[\])?)/g)) {
    decoders[Number(n) - 1] ??= decoderOf(type as string);
  }
  for (const n of texts ?? []) decoders[n - 1] = asText;
  for (const n of arrays ?? []) decoders[n - 1] = decoderOf('int8[]');
  const form = { text, columns: columns ?? null, decoders };
  forms.set(name, form);
  return form;
}

const asText: Decoder = (text) => text;
/** Reads a parameter without a cast: apart from text, only seqs consist of digits alone. */
const untyped: Decoder = (text) => (/^\d{1,15}$/.test(text) ? Number(text) : text);

/** Returns the decoder of the parameters that a statement casts to a type. */
function decoderOf(type: string): Decoder {
  if (type === 'text') return asText;
  if (type === 'bool') return (text) => text === 'true';
  return type.endsWith('[]') ? (text) => itemsOf(text).map((item) => itemOf(item, type)) : untyped;
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
