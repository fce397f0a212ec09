import type pg from 'pg';
import { withTransaction } from '../storage/database.ts';
import { compareDocuments, type Document, Documents } from './documents.ts';
import { encodePostings, readPostingsInto } from './postings.ts';
import { PackedPostings, PackedPostingsWriter, type Postings } from './segment.ts';
import {
  deleteSegments,
  forgetStale,
  insertPostings,
  insertSegment,
  readPostings,
  readSegment,
  readSegments,
  readStale,
  type SegmentHead,
  type StaleMessages,
  tryLockMerging,
} from './segment-store.ts';
import { Slices } from './slices.ts';

/** Merges segments into larger ones, so that a search reads few of them. */

/**
 * Segments of fewer documents than these are of classes 0, 1, 2 and 3. `FAN_IN` segments of a class
 * are merged into one; larger segments are not merged.
 */
const CLASSES = [512, 4_096, 32_768, 131_072];
const FAN_IN = [8, 8, 8, 4];
/**
 * Segments with at least this many documents, or merged from this many bytes, have their postings
 * in separate rows: packed postings are in memory as a whole.
 */
const PACKED_MAX = 32_768;
const PACKED_BYTES = 8 * 1024 * 1024;
/** Rows of postings written, and read, at a time. */
const ROWS = 2_000;

/**
 * Merges one group of segments, if one is due. Returns how many documents they had, or 0. Postings
 * merged from `packedBytes` or more are not packed.
 */
export async function mergeOnce(pool: pg.Pool, packedBytes = PACKED_BYTES): Promise<number> {
  // Without a lock first: most of the time there is nothing to merge.
  if (dueSegments(await readSegments(pool)) === null) return 0;
  return await withTransaction(pool, async (client) => {
    if (!(await tryLockMerging(client))) return 0;
    const due = dueSegments(await readSegments(client));
    if (due === null) return 0;
    await merge(client, due, await readStale(client), packedBytes);
    return due.reduce((sum, segment) => sum + segment.size, 0);
  });
}

/** Returns the segments to merge now: the oldest of the smallest class that is full. */
function dueSegments(all: readonly SegmentHead[]): SegmentHead[] | null {
  for (const [n, max] of CLASSES.entries()) {
    const min = CLASSES[n - 1] ?? 0;
    const some = all.filter(({ size }) => size >= min && size < max);
    if (some.length >= (FAN_IN[n] as number)) {
      return some.sort((a, b) => a.id - b.id).slice(0, FAN_IN[n]);
    }
  }
  return null;
}

/**
 * Removes the earlier texts of messages that were edited or deleted from the index, by rewriting
 * the affected segments. Returns the number of rewritten segments.
 */
export async function purgeStale(
  pool: pg.Pool,
  isStopped: () => boolean,
  options: { settled: boolean } = { settled: true },
): Promise<number> {
  const stale = await readStale(pool, options);
  if (stale.size === 0) return 0;
  let purged = 0;
  for (const { id } of await readSegments(pool)) {
    const row = await readSegment(pool, id);
    if (row === undefined || !hasStale(Documents.decode(row.documents), stale)) continue;
    const done = await withTransaction(pool, async (client) => {
      if (!(await tryLockMerging(client))) return false;
      const segment = (await readSegments(client)).find((one) => one.id === id);
      // A merge that has removed the segment meanwhile has left out stale texts.
      if (segment !== undefined) await merge(client, [segment], stale, PACKED_BYTES);
      return true;
    });
    // The next purge continues.
    if (!done || isStopped()) return purged;
    purged++;
  }
  await forgetStale(pool, stale);
  return purged;
}

function hasStale(documents: Documents, stale: StaleMessages): boolean {
  for (let i = 0; i < documents.length; i++) if (stale.has(documents.get(i))) return true;
  return false;
}

/** Merges segments in the transaction of `client`, without stale documents. */
async function merge(
  client: pg.ClientBase,
  segments: readonly SegmentHead[],
  stale: StaleMessages,
  packedBytes: number,
): Promise<void> {
  const slices = new Slices();
  const sources: Source[] = [];
  for (const segment of segments) sources.push(await openSource(client, segment));
  const documents = await mergeDocuments(sources, stale, slices);
  if (documents.length > 0) {
    const bytes = segments.reduce((sum, segment) => sum + segment.packedBytes, 0);
    const isPacked =
      documents.length < PACKED_MAX &&
      bytes < packedBytes &&
      segments.every((segment) => segment.packed);
    await (isPacked ? writePacked : writeRows)(client, documents, sources, slices);
  }
  await deleteSegments(
    client,
    segments.map((segment) => segment.id),
  );
}

/** A segment that is merged. */
interface Source {
  readonly documents: Documents;
  /** The numbers of the documents in the new segment; -1 for those that are left out. */
  readonly numbers: Int32Array;
  /** In the order of their keys. */
  readonly lists: Iterator<Postings> | AsyncIterator<Postings>;
}

async function openSource(client: pg.ClientBase, { id }: SegmentHead): Promise<Source> {
  const row = await readSegment(client, id);
  if (row === undefined) throw new Error(`The search segment ${id} does not exist`);
  const documents = Documents.decode(row.documents);
  const numbers = new Int32Array(documents.length).fill(-1);
  const lists =
    row.postings === null
      ? listsInRows(client, id)
      : new PackedPostings(row.postings)[Symbol.iterator]();
  return { documents, numbers, lists };
}

async function* listsInRows(client: pg.ClientBase, segment: number): AsyncGenerator<Postings> {
  // Less than any key.
  let after = -(2 ** 31) - 1;
  for (;;) {
    const lists = await readPostings(client, segment, after, ROWS);
    yield* lists;
    const last = lists[lists.length - 1];
    if (!last) return;
    after = last.key;
  }
}

/**
 * Merges the documents in order, and assigns their numbers. The latest version of each message is
 * kept.
 */
async function mergeDocuments(
  sources: readonly Source[],
  stale: StaleMessages,
  slices: Slices,
): Promise<Documents> {
  const merged: Document[] = [];
  const places = sources.map(() => 0);
  let previous: { document: Document; source: Source; index: number } | null = null;
  for (;;) {
    let first: { document: Document; source: Source; index: number; n: number } | null = null;
    for (const [n, source] of sources.entries()) {
      const index = places[n] as number;
      if (index >= source.documents.length) continue;
      const document = source.documents.get(index);
      if (!first || compareDocuments(document, first.document) < 0) {
        first = { document, source, index, n };
      }
    }
    if (!first) return Documents.of(merged);
    places[first.n] = first.index + 1;
    if (slices.isUsedUp) await slices.pause();
    if (stale.has(first.document)) continue;
    if (previous && compareDocuments(previous.document, first.document) === 0) {
      if (first.document.version <= previous.document.version) continue;
      previous.source.numbers[previous.index] = -1;
      merged.pop();
    }
    first.source.numbers[first.index] = merged.length;
    merged.push(first.document);
    previous = first;
  }
}

/** Takes a list of postings: the first `size` numbers of `docs`, which are overwritten later. */
type WriteList = (key: number, docs: Uint32Array, size: number) => Promise<void> | undefined;

/** Merges the lists of all sources, in the order of their keys. */
async function mergeLists(
  sources: readonly Source[],
  slices: Slices,
  write: WriteList,
): Promise<void> {
  const heads: (Postings | null)[] = [];
  for (const source of sources) heads.push(await nextOf(source));
  // Allocating arrays for each list would dominate the cost.
  const docs = new Uint32Array(sources.reduce((sum, source) => sum + source.numbers.length, 0));
  for (;;) {
    let key: number | null = null;
    for (const head of heads) if (head && (key === null || head.key < key)) key = head.key;
    if (key === null) return;
    let size = 0;
    for (let n = 0; n < heads.length; n++) {
      const head = heads[n];
      if (head?.key !== key) continue;
      const source = sources[n] as Source;
      size = addRenumbered(docs, size, head.bytes, source.numbers);
      const next = nextOf(source);
      // Lists in memory are returned without a promise: a large segment has a million of them.
      heads[n] = next instanceof Promise ? await next : next;
    }
    if (slices.isUsedUp) await slices.pause();
    if (size === 0) continue;
    sort(docs, size);
    const written = write(key, docs, size);
    if (written) await written;
  }
}

function nextOf(source: Source): Postings | null | Promise<Postings | null> {
  const next = source.lists.next();
  return next instanceof Promise ? next.then(listOf) : listOf(next);
}

const listOf = (next: IteratorResult<Postings>): Postings | null => (next.done ? null : next.value);

/**
 * Appends the renumbered documents of a list to the first `size` of `docs`. Returns the new size.
 */
function addRenumbered(
  docs: Uint32Array,
  size: number,
  bytes: Uint8Array,
  numbers: Int32Array,
): number {
  const end = readPostingsInto(docs, size, bytes);
  let n = size;
  for (let i = size; i < end; i++) {
    const number = numbers[docs[i] as number] as number;
    if (number >= 0) docs[n++] = number;
  }
  return n;
}

/**
 * Sorts the first `size` numbers. They are already sorted if the sources follow each other in time.
 */
function sort(docs: Uint32Array, size: number): void {
  for (let i = 1; i < size; i++) {
    if ((docs[i] as number) > (docs[i - 1] as number)) continue;
    docs.subarray(0, size).sort();
    return;
  }
}

/** Writes the merged lists with the documents, as a small segment. */
async function writePacked(
  client: pg.ClientBase,
  documents: Documents,
  sources: readonly Source[],
  slices: Slices,
): Promise<void> {
  const writer = new PackedPostingsWriter();
  await mergeLists(sources, slices, (key, docs, size) => {
    writer.add(key, docs, 0, size);
    return undefined;
  });
  await insertSegment(client, documents, writer.result());
}

/** Writes the merged lists with the documents, as a segment whose lists have rows of their own. */
async function writeRows(
  client: pg.ClientBase,
  documents: Documents,
  sources: readonly Source[],
  slices: Slices,
): Promise<void> {
  const segment = await insertSegment(client, documents, null);
  const rows: Postings[] = [];
  await mergeLists(sources, slices, (key, docs, size) => {
    rows.push({ key, size, bytes: encodePostings(docs.subarray(0, size)) });
    return rows.length < ROWS ? undefined : insertPostings(client, segment, rows.splice(0));
  });
  if (rows.length > 0) await insertPostings(client, segment, rows);
}
