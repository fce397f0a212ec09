import type { Queryable } from '../storage/queryable.ts';
import { Documents } from './documents.ts';
import { PackedPostings } from './segment.ts';
import { readSegment } from './segment-store.ts';

/** A segment in memory. `postings` is null if they are in rows of their own. */
export interface LoadedSegment {
  readonly documents: Documents;
  readonly postings: PackedPostings | null;
}

/** What is kept in memory, in bytes: the documents of some two million messages. */
const BYTES_MAX = 48 * 1024 * 1024;
/** What was not used for so long is forgotten, ms. */
const IDLE_MS = 10 * 60_000;

/** Keeps segments that searches have read. They never change, and no id is used again. */
export class SegmentCache {
  readonly #bytesMax: number;
  /** The least recently used first. */
  readonly #entries = new Map<number, { segment: LoadedSegment; bytes: number; usedAt: number }>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(bytesMax: number = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Returns a segment; undefined if the transaction of `on` does not see it. */
  async load(on: Queryable, id: number): Promise<LoadedSegment | undefined> {
    const known = this.#entries.get(id);
    if (known !== undefined) {
      this.#entries.delete(id);
      this.#entries.set(id, { ...known, usedAt: performance.now() });
      return known.segment;
    }
    const row = await readSegment(on, id);
    if (row === undefined) return undefined;
    const documents = Documents.decode(row.documents);
    const postings = row.postings === null ? null : new PackedPostings(row.postings);
    const segment = { documents, postings };
    this.#keep(id, segment, documents.bytes + (postings?.bytes ?? 0));
    return segment;
  }

  /** Forgets everything. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#entries.clear();
    this.#bytes = 0;
  }

  #keep(id: number, segment: LoadedSegment, bytes: number): void {
    this.#drop(id);
    this.#entries.set(id, { segment, bytes, usedAt: performance.now() });
    this.#bytes += bytes;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#bytesMax || oldest === id) break;
      this.#drop(oldest);
    }
    this.#timer ??= setInterval(() => this.#dropIdle(), IDLE_MS / 2).unref();
  }

  #drop(id: number): void {
    this.#bytes -= this.#entries.get(id)?.bytes ?? 0;
    this.#entries.delete(id);
  }

  #dropIdle(): void {
    const since = performance.now() - IDLE_MS;
    for (const [id, { usedAt }] of this.#entries) if (usedAt < since) this.#drop(id);
    if (this.#entries.size === 0) this.clear();
  }
}
