import type { Queryable } from '../storage/queryable.ts';
import { Documents } from './documents.ts';
import { PackedPostings } from './segment.ts';
import { readSegment } from './segment-store.ts';

/** A segment in memory. `postings` is null if they are in separate rows. */
export interface LoadedSegment {
  readonly documents: Documents;
  readonly postings: PackedPostings | null;
}

/** The size of the cache in bytes: the documents of about six million messages. */
const BYTES_MAX = 64 * 1024 * 1024;
/** Segments unused for this long are evicted, ms. */
const IDLE_MS = 10 * 60_000;

/** A cached segment. */
interface Entry {
  readonly segment: LoadedSegment;
  readonly bytes: number;
  /** The time of the latest document, ms. */
  readonly lastAt: number;
  usedAt: number;
}

/**
 * Caches segments that searches have read. They never change, and ids are never reused.
 *
 * If not all fit, those with the latest messages are kept: a search starts with these, and reads
 * all others only if it finds too little. With LRU eviction each segment would be evicted before
 * its next use.
 */
export class SegmentCache {
  readonly #bytesMax: number;
  readonly #entries = new Map<number, Entry>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(bytesMax: number = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Returns a segment; undefined if the transaction of `on` does not see it. */
  async load(on: Queryable, id: number): Promise<LoadedSegment | undefined> {
    const known = this.#entries.get(id);
    if (known !== undefined) {
      known.usedAt = performance.now();
      return known.segment;
    }
    const row = await readSegment(on, id);
    if (row === undefined) return undefined;
    const documents = Documents.decode(row.documents);
    const postings = row.postings === null ? null : new PackedPostings(row.postings);
    const segment = { documents, postings };
    this.#keep(id, segment);
    return segment;
  }

  /** Clears the cache. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#entries.clear();
    this.#bytes = 0;
  }

  #keep(id: number, segment: LoadedSegment): void {
    const { documents, postings } = segment;
    const bytes = documents.bytes + (postings?.bytes ?? 0);
    const lastAt = documents.at(documents.length - 1);
    this.#drop(id);
    this.#entries.set(id, { segment, bytes, lastAt, usedAt: performance.now() });
    this.#bytes += bytes;
    if (this.#bytes > this.#bytesMax) this.#dropOldest();
    this.#timer ??= setInterval(() => this.#dropIdle(), IDLE_MS / 2).unref();
  }

  /** Evicts the segments with the oldest messages until the rest fit. */
  #dropOldest(): void {
    const oldestFirst = [...this.#entries].sort(([, a], [, b]) => a.lastAt - b.lastAt);
    for (const [id] of oldestFirst) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#drop(id);
    }
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
