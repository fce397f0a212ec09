import type { Seq } from '@parley/protocol';
import type pg from 'pg';
import type { Logger } from '../log.ts';
import type { Hub } from './hub.ts';
import { readEvents } from './read.ts';
import type { StoredEvent } from './record.ts';
import type { Sink, Subscription } from './subscription.ts';
import { type Chunk, encodeChunk } from './tail.ts';
import type { Topic } from './topic.ts';

/** Events read from the database at a time for one follower. */
const PAGE = 100;
/** Bytes sent at a time, about: a slow reader’s progress shows only when it has taken all of them. */
const PAGE_BYTES = 128 * 1024;
/** Pause after the database failed. */
const RETRY_MS = 500;

/** A sink that can be waited for. */
export interface DrainableSink extends Sink {
  readonly closed: boolean;
  /** Resolves when the sink takes more again, or is closed. */
  drained(): Promise<void>;
  /** The follower has been sent everything that it may see, and follows no more. */
  ended(subscription: Subscription): void;
}

/**
 * Brings the followers of one socket from their cursors to live: after a hello, after the socket
 * was full, after a client asked for a range again. One loop for all of these.
 *
 * 1. It sends nothing while the socket is full.
 * 2. It sends each seq after the cursor once, in order, page by page, each stream in turn.
 * 3. A follower becomes live in the same turn in which its cursor is found to stand at the head.
 */
export class Resume {
  readonly #hub: Hub;
  readonly #pool: pg.Pool;
  readonly #log: Logger;
  readonly #sink: DrainableSink;
  readonly #onIdle: () => void;
  readonly #queue = new Set<Subscription>();
  #running = false;

  /** `onIdle` is called each time when no follower is behind any more. */
  constructor(hub: Hub, pool: pg.Pool, log: Logger, sink: DrainableSink, onIdle: () => void) {
    this.#hub = hub;
    this.#pool = pool;
    this.#log = log;
    this.#sink = sink;
    this.#onIdle = onIdle;
  }

  /** Sees to the follower as soon as the socket allows it. */
  wake(subscription: Subscription): void {
    this.#queue.add(subscription);
    if (this.#running) return;
    this.#running = true;
    // Later in this turn: whoever wakes may be in the middle of handing out a chunk.
    queueMicrotask(() => void this.#run());
  }

  /** Whether nobody is behind. */
  get idle(): boolean {
    return this.#queue.size === 0;
  }

  async #run(): Promise<void> {
    while (this.#queue.size > 0 && !this.#sink.closed) {
      for (const subscription of this.#queue) {
        if (this.#sink.congested) await this.#sink.drained();
        if (this.#sink.closed) break;
        await this.#step(subscription);
      }
    }
    this.#running = false;
    if (!this.#sink.closed) this.#onIdle();
  }

  async #step(subscription: Subscription): Promise<void> {
    const topic = this.#hub.topic(subscription.stream);
    if (!topic || (!topic.behind.has(subscription) && !topic.live.has(subscription))) {
      this.#queue.delete(subscription);
      return;
    }
    if (subscription.ended) {
      this.#queue.delete(subscription);
      this.#hub.unsubscribe(subscription);
      this.#sink.ended(subscription);
      return;
    }
    if (subscription.cursor > topic.head) {
      await this.#awaitHead(topic, subscription.cursor);
      return;
    }
    if (subscription.cursor === topic.head) {
      this.#queue.delete(subscription);
      topic.place(subscription);
      if (topic.behind.has(subscription)) this.#queue.add(subscription);
      return;
    }
    const chunk = await this.#next(topic, subscription);
    if (chunk) this.#send(topic, subscription, chunk);
  }

  /** The cursor names an event that is committed and about to be published: the topic follows. */
  async #awaitHead(topic: Topic, seq: Seq): Promise<void> {
    this.#hub.hint(topic.stream, seq);
    await topic.filling;
    if (topic.head < seq) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }

  /** What comes after the follower’s cursor; null when that has to be tried again. */
  async #next(topic: Topic, subscription: Subscription): Promise<Chunk | null> {
    const { cursor } = subscription;
    const bound = subscription.bound(topic.head);
    const recent = topic.tail.after(cursor, bound);
    if (recent) return recent;
    try {
      const events = await readEvents(this.#pool, subscription.stream, cursor, bound, PAGE);
      // A `fill` may have moved the cursor meanwhile; the socket may be gone.
      if (subscription.cursor !== cursor || this.#sink.closed) return null;
      if (events.length > 0) return encodeChunk(cut(events));
      throw new Error(`Stream ${subscription.stream} has nothing between ${cursor} and ${bound}`);
    } catch (error) {
      this.#log.warn(
        { err: error, stream: subscription.stream },
        'a follower could not be brought up',
      );
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return null;
    }
  }

  #send(topic: Topic, subscription: Subscription, chunk: Chunk): void {
    const own = chunk.events.find(
      (e) =>
        topic.endsMembership(e, subscription.sink.account) && subscription.isOfLatestPeriod(e.seq),
    );
    if (own) subscription.endAt(own.seq);
    const whole = subscription.last === null || chunk.last <= subscription.last;
    const sent = whole
      ? chunk
      : encodeChunk(chunk.events.filter((e) => e.seq <= (subscription.last as Seq)));
    this.#sink.write(sent.frames);
    subscription.advance(sent.last);
    if (subscription.isPersonal) this.#sink.personal(sent.events);
  }
}

/** The first events, up to about {@link PAGE_BYTES}; at least one. */
function cut(events: readonly StoredEvent[]): readonly StoredEvent[] {
  let bytes = 0;
  const end = events.findIndex((event) => {
    bytes += event.data.length;
    return bytes > PAGE_BYTES;
  });
  return end === -1 ? events : events.slice(0, Math.max(1, end));
}
