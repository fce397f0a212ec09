import type { Seq } from '@parley/protocol';
import { textFrames } from './frame.ts';
import { encodeEvent, type StoredEvent } from './record.ts';

/** A contiguous range of events and their frames, written to a socket together. */
export interface Chunk {
  readonly events: readonly StoredEvent[];
  readonly frames: Buffer;
  readonly first: Seq;
  readonly last: Seq;
}

/** Encodes consecutive events once for all receivers. */
export function encodeChunk(events: readonly StoredEvent[]): Chunk {
  return {
    events,
    frames: textFrames(events.map(encodeEvent)),
    first: (events[0] as StoredEvent).seq,
    last: (events[events.length - 1] as StoredEvent).seq,
  };
}

/**
 * The latest events of a stream in memory, without a gap, so that a subscription that is slightly behind
 * catches up without the database. Bounded in bytes, so that a few busy streams cannot fill the memory.
 */
export class Tail {
  readonly #maxBytes: number;
  #chunks: Chunk[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds a chunk. If it does not continue the tail, the tail starts again with it. */
  add(chunk: Chunk): void {
    const newest = this.#chunks[this.#chunks.length - 1];
    if (newest && newest.last + 1 !== chunk.first) this.clear();
    this.#chunks.push(chunk);
    this.#bytes += chunk.frames.length;
    while (this.#bytes > this.#maxBytes && this.#chunks.length > 0) {
      this.#bytes -= (this.#chunks.shift() as Chunk).frames.length;
    }
  }

  /** Drops all events. */
  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
  }

  /** Returns events with `after < seq ≤ upTo`, beginning right after `after`; null if they are not in the tail. */
  after(after: Seq, upTo: Seq): Chunk | null {
    // Newest first, because most readers are only slightly behind.
    for (let i = this.#chunks.length - 1; i >= 0; i--) {
      const chunk = this.#chunks[i] as Chunk;
      if (chunk.last <= after) return null;
      if (chunk.first > after + 1) continue;
      if (chunk.first === after + 1 && chunk.last <= upTo) return chunk;
      const events = chunk.events.filter((e) => e.seq > after && e.seq <= upTo);
      return events.length > 0 ? encodeChunk(events) : null;
    }
    return null;
  }
}
