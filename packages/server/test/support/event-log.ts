import type { AccountId, Seq, StreamId } from '@parley/protocol';
import type { StreamReader } from '../../src/stream/read.ts';
import type { StoredEvent } from '../../src/stream/record.ts';

/** The streams of a test of delivery, as the database would return them. */
export class EventLog implements StreamReader {
  readonly #streams = new Map<StreamId, StoredEvent[]>();
  /** Ranges that were read: the stream, the seq before the first event, the last seq. */
  readonly reads: { stream: StreamId; after: Seq; upTo: Seq }[] = [];
  /** The streams of each read of heads. */
  readonly headReads: (readonly StreamId[])[] = [];
  /** Reads that fail from now on. */
  failures = 0;
  /** Called in the middle of a read of events, after they were found. */
  onRead: () => void | Promise<void> = () => undefined;

  /** Appends an event and returns it. */
  append(
    stream: StreamId,
    event: { type: StoredEvent['type']; data: object; actor: AccountId },
  ): StoredEvent {
    const events = this.#streams.get(stream) ?? [];
    this.#streams.set(stream, events);
    const stored: StoredEvent = {
      stream,
      seq: (events.length + 1) as Seq,
      type: event.type,
      actor: event.actor,
      client: null,
      at: '2026-01-01T00:00:00.000Z',
      data: JSON.stringify(event.data),
    };
    events.push(stored);
    return stored;
  }

  /** Returns the last seq of a stream. */
  head(stream: StreamId): Seq {
    return (this.#streams.get(stream)?.length ?? 0) as Seq;
  }

  async readEvents(stream: StreamId, after: Seq, upTo: Seq, limit: number): Promise<StoredEvent[]> {
    this.reads.push({ stream, after, upTo });
    const events = (this.#streams.get(stream) ?? []).slice(after, Math.min(upTo, after + limit));
    await this.onRead();
    this.#fail();
    return events;
  }

  async readHeads(streams: readonly StreamId[]): Promise<Map<StreamId, Seq>> {
    this.headReads.push(streams);
    this.#fail();
    return new Map(streams.map((stream) => [stream, this.head(stream)]));
  }

  #fail(): void {
    if (this.failures === 0) return;
    this.failures--;
    throw new Error('The database does not answer');
  }
}
