import type { Seq } from '@parley/protocol';
import type { StreamReader } from './read.ts';
import type { StoredEvent } from './record.ts';
import { type Chunk, encodeChunk } from './tail.ts';
import type { Topic } from './topic.ts';

/** Events that are read from the database at a time. */
const PAGE = 100;
/**
 * Approximate bytes of a page. The progress of a slow reader is visible only after a whole page.
 */
const PAGE_BYTES = 128 * 1024;

/**
 * Reads the pages of replays. When many clients reconnect at once, most of them are at the same cursors:
 * subscriptions that need a page while it is being read share the read and the encoded frames.
 *
 * A page is shared only until an event is published in its stream: the event may have redacted text
 * that the read has returned.
 */
export class ReplayPages {
  readonly #reader: StreamReader;
  readonly #reading = new Map<string, Promise<Chunk | null>>();
  /** Events to read at a time while pages are cut: reading more would be wasted. */
  readonly #sizes = new WeakMap<Topic, number>();

  constructor(reader: StreamReader) {
    this.#reader = reader;
  }

  /** Returns the first events after a cursor, up to `upTo`; null if there are none. */
  read(topic: Topic, after: Seq, upTo: Seq): Promise<Chunk | null> {
    const { stream, head } = topic;
    const size = this.#sizes.get(topic) ?? PAGE;
    const end = Math.min(upTo, after + size) as Seq;
    const key = `${stream} ${head} ${after} ${end}`;
    const shared = this.#reading.get(key);
    if (shared) return shared;
    const page = this.#reader
      .readEvents(stream, after, end, size)
      .then((events) => {
        if (events.length === 0) return null;
        const kept = cut(events);
        this.#resize(topic, size, events.length, kept.length);
        return encodeChunk(kept);
      })
      .finally(() => this.#reading.delete(key));
    this.#reading.set(key, page);
    return page;
  }

  /** Adjusts the size of the next page to how many events of the last one were read and kept. */
  #resize(topic: Topic, size: number, read: number, kept: number): void {
    if (kept < read) this.#sizes.set(topic, Math.min(2 * kept, PAGE));
    else if (read === size) this.#sizes.set(topic, Math.min(2 * size, PAGE));
  }
}

/** Returns the first events, up to about {@link PAGE_BYTES}; at least one. */
function cut(events: readonly StoredEvent[]): readonly StoredEvent[] {
  let bytes = 0;
  const end = events.findIndex((event) => {
    bytes += event.data.length;
    return bytes > PAGE_BYTES;
  });
  return end === -1 ? events : events.slice(0, Math.max(1, end));
}
