import type { ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import type { Queryable } from '../storage/queryable.ts';
import type { Document, Documents } from './documents.ts';
import type { Postings } from './segment.ts';

/** The tables of the index. */

/** The version of the keys. Change it with `fold.ts`, `keys.ts` or `message-keys.ts`. */
export const INDEX_VERSION = 2;

/** A segment without its documents and postings. */
export interface SegmentHead {
  readonly id: number;
  readonly size: number;
  /** The times of the first and the last document, ms. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Whether its postings are packed in its row, and how many bytes they have there. */
  readonly packed: boolean;
  readonly packedBytes: number;
}

// Arbitrary keys of advisory locks that nothing else in the database uses: "searc" in ASCII, and 1
// or 2.
const FILL_LOCK = 0x736561726301;
const MERGE_LOCK = 0x736561726302;

/**
 * SQL: the commit does not wait for the disk. A crash loses at most the last commits together with
 * their progress, so they are repeated; posts need not wait for the WAL of the index.
 */
const COMMIT_LATER = `set_config('synchronous_commit', 'off', true)`;

/** A statement, prepared under its name. */
interface NamedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/** Lets one transaction at a time add to the index, over all nodes. Its commit does not wait for the disk. */
export const LOCK_FILLING: NamedStatement = {
  name: 'search-lock-filling',
  text: `select pg_advisory_xact_lock($1), ${COMMIT_LATER}`,
  values: [FILL_LOCK],
};

/**
 * Lets one transaction at a time merge segments; returns false if another one is doing so. Its commit does
 * not wait for the disk.
 */
export async function tryLockMerging(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>(
    `select pg_try_advisory_xact_lock($1) as locked, ${COMMIT_LATER}`,
    [MERGE_LOCK],
  );
  return rows[0]?.locked === true;
}

/** Waits until no transaction merges segments, and blocks merges until the end of this one. */
async function lockMerging(client: pg.ClientBase): Promise<void> {
  await client.query('select pg_advisory_xact_lock($1)', [MERGE_LOCK]);
}

/** Returns all segments, those with the latest documents first. */
export async function readSegments(on: Queryable): Promise<SegmentHead[]> {
  const { rows } = await on.query<SegmentHead>({
    name: 'search-segments',
    text: `select id, size, postings is not null as packed,
             coalesce(octet_length(postings), 0) as "packedBytes",
             (extract(epoch from first_at) * 1000)::float8 as "firstAt",
             (extract(epoch from last_at) * 1000)::float8 as "lastAt"
           from search_segments order by last_at desc, id desc`,
  });
  return rows;
}

/** Returns the statement that inserts a segment; `packed` are its postings, or null if they are inserted separately. */
export function segmentInsert(documents: Documents, packed: Buffer | null): NamedStatement {
  return {
    name: 'search-insert-segment',
    text: `insert into search_segments (size, first_at, last_at, documents, postings)
           values ($1, to_timestamp($2 / 1000.0), to_timestamp($3 / 1000.0), $4, $5) returning id`,
    values: [
      documents.length,
      documents.at(0),
      documents.at(documents.length - 1),
      documents.encode(),
      packed,
    ],
  };
}

/** Inserts a segment, see {@link segmentInsert}. Returns its id. */
export async function insertSegment(
  on: Queryable,
  documents: Documents,
  packed: Buffer | null,
): Promise<number> {
  const { rows } = await on.query<{ id: number }>(segmentInsert(documents, packed));
  return (rows[0] as { id: number }).id;
}

/** Inserts lists of postings of a large segment. */
export async function insertPostings(
  on: Queryable,
  segment: number,
  lists: readonly Postings[],
): Promise<void> {
  await on.query({
    name: 'search-insert-postings',
    text: `insert into search_postings (segment_id, key, size, documents)
           select $1, key, size, documents from unnest($2::int4[], $3::int4[], $4::bytea[])
             as l (key, size, documents)`,
    values: [
      segment,
      lists.map((list) => list.key),
      lists.map((list) => list.size),
      lists.map((list) => Buffer.from(list.bytes)),
    ],
  });
}

/** Returns the next lists of a large segment after a key. */
export async function readPostings(
  on: Queryable,
  segment: number,
  after: number,
  limit: number,
): Promise<Postings[]> {
  const { rows } = await on.query<{ key: number; size: number; bytes: Buffer }>({
    name: 'search-read-postings',
    text: `select key, size, documents as bytes from search_postings
           where segment_id = $1 and key > $2::int8 order by key limit $3`,
    values: [segment, after, limit],
  });
  return rows;
}

/** Returns the packed postings and the documents of a segment. */
export async function readSegment(
  on: Queryable,
  segment: number,
): Promise<{ documents: Buffer; postings: Buffer | null } | undefined> {
  const { rows } = await on.query<{ documents: Buffer; postings: Buffer | null }>({
    name: 'search-read-segment',
    text: 'select documents, postings from search_segments where id = $1',
    values: [segment],
  });
  return rows[0];
}

/** Deletes segments with their postings. */
export async function deleteSegments(on: Queryable, segments: readonly number[]): Promise<void> {
  await on.query('delete from search_postings where segment_id = any($1::int8[])', [segments]);
  await on.query('delete from search_segments where id = any($1::int8[])', [segments]);
}

/** Empties the index and sets its version to this one. It is then rebuilt from the first event. */
export async function emptyIndex(client: pg.ClientBase): Promise<void> {
  await client.query(LOCK_FILLING);
  await lockMerging(client);
  await client.query('truncate search_segments, search_postings, search_progress, search_stale');
  await client.query('update search_state set version = $1', [INDEX_VERSION]);
}

/** Reads the version of the keys that the index was built with. */
export const READ_VERSION = { name: 'search-version', text: 'select version from search_state' };

/** Returns whether the index was built with another version of the keys. */
export async function isOfOtherVersion(on: Queryable): Promise<boolean> {
  const { rows } = await on.query<{ version: number }>(READ_VERSION);
  return rows[0]?.version !== INDEX_VERSION;
}

/** A message, and the event before which its texts in the index are stale. */
export interface StaleRow {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  readonly version: number;
}

/** The messages with stale texts in the index. */
export class StaleMessages {
  readonly rows: readonly StaleRow[];
  readonly #versions: ReadonlyMap<string, number>;

  constructor(rows: readonly StaleRow[]) {
    this.rows = rows;
    this.#versions = new Map(rows.map((row) => [keyOf(row), row.version]));
  }

  /** Returns whether an indexed text is stale. */
  has(document: Document): boolean {
    const version = this.#versions.get(keyOf(document));
    return version !== undefined && document.version < version;
  }

  get size(): number {
    return this.#versions.size;
  }
}

const keyOf = ({ conversation, seq }: { conversation: ConversationId; seq: Seq }): string =>
  `${conversation}:${seq}`;

/** The highest number of edited and deleted messages processed at a time. */
const STALE_MAX = 100_000;

/** SQL: the rows that a purge considers: merges that have not seen them have ended by then. */
const SETTLED = `at < now() - interval '10 minutes'`;

/** Returns the messages with stale texts in the index; with `settled`, only those some time old. */
export async function readStale(
  on: Queryable,
  { settled = false }: { settled?: boolean } = {},
): Promise<StaleMessages> {
  const { rows } = await on.query<StaleRow>(
    `select conversation_id as conversation, seq, version from search_stale
     ${settled ? `where ${SETTLED}` : ''} order by at, conversation_id, seq limit $1`,
    [STALE_MAX],
  );
  return new StaleMessages(rows);
}

/** Deletes the records of messages whose stale texts were removed. */
export async function forgetStale(on: Queryable, stale: StaleMessages): Promise<void> {
  const { rows } = stale;
  await on.query(
    `delete from search_stale s
     using unnest($1::uuid[], $2::int8[], $3::int8[]) as p (conversation_id, seq, version)
     where s.conversation_id = p.conversation_id and s.seq = p.seq and s.version = p.version`,
    [rows.map((r) => r.conversation), rows.map((r) => r.seq), rows.map((r) => r.version)],
  );
}
