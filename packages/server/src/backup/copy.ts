import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { quote, type Table } from './catalog.ts';

/** The number of rows of a table, and the SHA-256 over their text in order. */
export interface TableDigest {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Prepares a session for COPY: sets formats with which the same rows have the same text on every
 * server, and no time limits.
 */
export async function prepareSession(client: pg.ClientBase): Promise<void> {
  await client.query(`
    set statement_timeout = 0;
    set lock_timeout = 0;
    set idle_in_transaction_session_timeout = 0;
    set timezone = 'UTC';
    set datestyle = 'ISO, YMD';
    set intervalstyle = 'postgres';
    set bytea_output = 'hex';
    set extra_float_digits = 1;
    set client_encoding = 'UTF8'`);
}

/**
 * Reads a table in COPY’s text format, in the order of its key, in chunks of about 64 KiB. Returns the
 * digest of all of it.
 */
export async function* copyOut(
  client: pg.ClientBase,
  table: Table,
): AsyncGenerator<Buffer, TableDigest> {
  const columns = table.columns.map(quote).join(', ');
  const select = `select ${columns} from ${quote(table.name)} order by ${table.order}`;
  return yield* copyOutSelect(client, select);
}

/** Reads the result of a SELECT like {@link copyOut}. */
export async function* copyOutSelect(
  client: pg.ClientBase,
  select: string,
): AsyncGenerator<Buffer, TableDigest> {
  const stream = Object.assign(copyTo(`copy (${select}) to stdout`), untimed());
  client.query(stream);
  const hash = createHash('sha256');
  let rows = 0;
  let bytes = 0;
  try {
    for await (const piece of stream as AsyncIterable<Buffer>) {
      hash.update(piece);
      rows += countLines(piece);
      bytes += piece.length;
      yield piece;
    }
  } finally {
    stream.callback();
  }
  return { rows, bytes, sha256: hash.digest('hex') };
}

/**
 * Exempts a COPY from the time limit of the pool. `pg` starts a timer for each query and clears it in
 * the query’s callback, which the streams of pg-copy-streams do not call.
 */
function untimed(): { query_timeout: number; callback: () => void } {
  return { query_timeout: 2 ** 31 - 1, callback: () => undefined };
}

/** Counts rows: in COPY’s text format a line feed ends a row; in a value it is written as `\\n`. */
function countLines(piece: Buffer): number {
  let lines = 0;
  for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
  return lines;
}

/** Reads all rows and returns only their digest. */
export async function digestOf(rows: AsyncGenerator<Buffer, TableDigest>): Promise<TableDigest> {
  for (;;) {
    const step = await rows.next();
    if (step.done) return step.value;
  }
}

/** Writes rows in COPY’s text format into a table; returns their number. */
export async function copyIn(
  client: pg.ClientBase,
  table: Pick<Table, 'name' | 'columns'>,
  rows: AsyncIterable<Buffer>,
): Promise<number> {
  const columns = table.columns.map(quote).join(', ');
  const stream = Object.assign(
    copyFrom(`copy ${quote(table.name)} (${columns}) from stdin`),
    untimed(),
  );
  client.query(stream);
  await pipeline(Readable.from(rows, { objectMode: false }), stream);
  return stream.rowCount;
}
