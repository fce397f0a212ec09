import type { Seq } from '@parley/protocol';
import type { Logger } from '../runtime/log.ts';
import type { Hub } from './hub.ts';
import type { Sink, Subscription } from './subscription.ts';
import type { Chunk } from './tail.ts';
import type { Topic } from './topic.ts';

/** Time until a read that failed is repeated. */
const RETRY_MS = 500;

/** What the replay uses of the hub. */
export type ResumeHub = Pick<Hub, 'topic' | 'unsubscribe' | 'fetch' | 'pages'>;

/** A sink that can be waited for. */
export interface DrainableSink extends Sink {
  readonly closed: boolean;
  /** Resolves when the sink is no longer congested, or is closed. */
  drained(): Promise<void>;
  /** The subscription has received everything that it may see, and was removed. */
  ended(subscription: Subscription): void;
}

/**
 * Replays events to the subscriptions of one socket until they are live: after a hello, after the
 * socket was congested, after a client requested a range again. One loop serves all three cases.
 *
 * 1. It sends nothing while the socket is congested.
 * 2. It sends each seq after the cursor once, in order, page by page, each stream in turn.
 * 3. A subscription becomes live in the turn in which its cursor reaches the head.
 */
export class Resume {
  readonly #hub: ResumeHub;
  readonly #log: Logger;
  readonly #sink: DrainableSink;
  readonly #onIdle: () => void;
  readonly #queue = new Set<Subscription>();
  #running = false;

  /** `onIdle` is called whenever the last subscription that was behind has caught up. */
  constructor(hub: ResumeHub, log: Logger, sink: DrainableSink, onIdle: () => void) {
    this.#hub = hub;
    this.#log = log;
    this.#sink = sink;
    this.#onIdle = onIdle;
  }

  /** Replays to the subscription as soon as the socket allows it. */
  wake(subscription: Subscription): void {
    this.#queue.add(subscription);
    if (this.#running) return;
    this.#running = true;
    // Later in this turn: the caller may be publishing a chunk.
    queueMicrotask(() => void this.#run());
  }

  /** Whether no subscription is behind. */
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
    if (!topic?.has(subscription)) {
      this.#queue.delete(subscription);
      return;
    }
    if (subscription.ended) {
      this.#queue.delete(subscription);
      this.#hub.unsubscribe(subscription);
      this.#sink.ended(subscription);
      return;
    }
    const { cursor, last, awaited } = subscription;
    // The client, the end of its membership, or what its hello read may be ahead of this node.
    const isAhead = last !== null || cursor < awaited;
    if (cursor > topic.head || (cursor === topic.head && isAhead)) {
      await this.#awaitHead(topic, last ?? (Math.max(cursor, awaited) as Seq));
      return;
    }
    if (cursor === topic.head) {
      topic.settle(subscription);
      if (topic.live.has(subscription)) this.#queue.delete(subscription);
      return;
    }
    const chunk = await this.#next(topic, subscription);
    if (chunk) topic.replay(subscription, chunk);
  }

  /** Waits for the event with this seq, which is committed but not published here: its hint may be lost. */
  async #awaitHead(topic: Topic, seq: Seq): Promise<void> {
    await this.#hub.fetch(topic.stream, seq);
    if (topic.head < seq) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }

  /** Returns the events after the subscription’s cursor; null if it has to be retried. */
  async #next(topic: Topic, subscription: Subscription): Promise<Chunk | null> {
    const { cursor, stream } = subscription;
    const bound = subscription.bound(topic.head);
    const recent = topic.recent(cursor, bound);
    if (recent) return recent;
    try {
      const page = await this.#hub.pages.read(topic, cursor, bound);
      // Meanwhile the cursor may have been rewound, or the socket closed.
      if (subscription.cursor !== cursor || this.#sink.closed) return null;
      if (page) return page;
      throw new Error(`Stream ${stream} has no events after ${cursor}, up to ${bound}`);
    } catch (error) {
      this.#log.warn({ err: error, stream }, 'replay failed');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      return null;
    }
  }
}
