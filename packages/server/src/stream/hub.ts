import type { Seq, StreamId } from '@parley/protocol';
import type { EventSource, Metrics } from '../metrics/metrics.ts';
import type { Logger } from '../runtime/log.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { type Broker, type BrokerListener, LocalBroker } from './broker.ts';
import type { EventVisibilities } from './event-visibility.ts';
import { textFrame } from './frame.ts';
import { HeadComparison } from './head-comparison.ts';
import type { StreamReader } from './read.ts';
import type { StoredEvent } from './record.ts';
import { ReplayPages } from './replay-pages.ts';
import type { Subscription } from './subscription.ts';
import { Topic } from './topic.ts';
import { TopicFeed } from './topic-feed.ts';

/**
 * Time between comparisons of the heads with the database, by the status of the broker. With other
 * nodes, the second check and the gap fill included, no event is later than 2 s.
 */
const COMPARE_MS = { standalone: 2_000, connected: 1_500, disconnected: 1_000 } as const;
/** The kind of node messages that carry signals. Body: the account to skip, then the frame. */
const SIGNAL = 'signal';

/** Counts the repairs of the hub; all zero while no hint is lost or late. */
export interface HubCounters {
  /** A published range did not continue its stream, and the gap was filled from the database. */
  fills: number;
  /** The comparison of heads found events that no hint had announced. */
  repairs: number;
  /** Those of the fills and repairs whose events arrived from another node later: they were late, and not lost. */
  late: number;
}

interface HubDeps {
  readonly reader: StreamReader;
  readonly log: Logger;
  readonly visibility: EventVisibilities;
  /** Publishes to the other nodes, and receives what they publish. Missing on a single node. */
  readonly broker?: Broker;
  readonly metrics?: Metrics | null;
  readonly tracing?: Tracing | null;
}

/**
 * Distributes committed events to the subscriptions of this node. One per node.
 *
 * 1. Every subscription receives each seq after its cursor once, in order, up to the end of its
 *    membership.
 * 2. What `receive` and `hint` report may be lost, duplicated, late or out of order.
 * 3. Events that no hint announced are found by comparing heads, within about two seconds.
 * 4. It never waits for a socket: a subscription whose socket is congested falls behind and catches
 *    up.
 */
export class Hub implements BrokerListener {
  readonly counters: HubCounters = { fills: 0, repairs: 0, late: 0 };
  /** Reads pages for replays. */
  readonly pages: ReplayPages;
  readonly #reader: StreamReader;
  readonly #feeds = new Map<StreamId, TopicFeed>();
  readonly #log: Logger;
  readonly #visibility: EventVisibilities;
  readonly #broker: Broker;
  readonly #metrics: Metrics | null;
  readonly #tracing: Tracing | null;
  readonly #comparison: HeadComparison;

  constructor({ reader, log, visibility, broker, metrics, tracing }: HubDeps) {
    this.#reader = reader;
    this.pages = new ReplayPages(reader);
    this.#log = log;
    this.#visibility = visibility;
    this.#broker = broker ?? new LocalBroker();
    this.#metrics = metrics ?? null;
    this.#tracing = tracing ?? null;
    this.#comparison = new HeadComparison({
      reader,
      log,
      intervalMs: () => COMPARE_MS[this.#broker.status],
      feeds: () => [...this.#feeds.values()],
      onMissed: () => {
        this.counters.repairs++;
      },
    });
    this.#broker.onNodeMessage(SIGNAL, (body, _from, stream) => {
      const end = body.indexOf(' ');
      if (stream !== null) this.#signalHere(stream, body.slice(end + 1), body.slice(0, end));
    });
  }

  /** Starts listening to other nodes, and the regular comparison of heads. */
  start(): void {
    this.#broker.start(this);
    this.#comparison.start();
  }

  /** Stops the regular comparison of heads. */
  stop(): void {
    this.#comparison.stop();
  }

  /** The number of streams with subscriptions. */
  get streams(): number {
    return this.#feeds.size;
  }

  /** Returns the topic of a stream that has subscriptions. */
  topic(stream: StreamId): Topic | undefined {
    return this.#feeds.get(stream)?.topic;
  }

  /**
   * Adds a subscription. `head` is a seq that the stream is known to have reached; for a new topic, it
   * is then compared with the database.
   */
  subscribe(subscription: Subscription, head: Seq): void {
    const { topic } = this.#feeds.get(subscription.stream) ?? this.#open(subscription.stream, head);
    topic.add(subscription);
    if (topic.behind.has(subscription)) subscription.sink.wake(subscription);
  }

  #open(stream: StreamId, head: Seq): TopicFeed {
    const feed = new TopicFeed(new Topic(stream, head, this.#visibility), {
      reader: this.#reader,
      log: this.#log,
      deliver: (topic, events, source) => this.#deliver(topic, events, source),
      onGap: () => {
        this.counters.fills++;
      },
      onLate: (gaps) => {
        this.counters.late += gaps;
      },
    });
    this.#feeds.set(stream, feed);
    this.#comparison.confirm(feed);
    this.#broker.subscribe(stream);
    return feed;
  }

  /** Removes a subscription, and its topic with the last one. */
  unsubscribe(subscription: Subscription): void {
    const feed = this.#feeds.get(subscription.stream);
    if (!feed) return;
    feed.topic.remove(subscription);
    if (feed.topic.empty) {
      this.#feeds.delete(subscription.stream);
      feed.close();
      this.#broker.unsubscribe(subscription.stream);
    }
  }

  /**
   * Publishes events that this node has committed, in the order of their seqs within each stream: to
   * the subscriptions here and to the other nodes.
   */
  publish(events: readonly StoredEvent[]): void {
    if (events.length === 1) {
      this.#publishRange((events[0] as StoredEvent).stream, events);
      return;
    }
    const byStream = new Map<StreamId, StoredEvent[]>();
    for (const event of events) {
      const list = byStream.get(event.stream);
      if (list) list.push(event);
      else byStream.set(event.stream, [event]);
    }
    for (const [stream, list] of byStream) this.#publishRange(stream, list);
  }

  #publishRange(stream: StreamId, events: readonly StoredEvent[]): void {
    this.#receive(stream, events, 'here');
    this.#broker.publish(stream, events);
  }

  /** Checks for earlier events of these streams, which the broker forwards from now on. */
  listening(streams: readonly StreamId[]): void {
    for (const stream of streams) {
      const feed = this.#feeds.get(stream);
      if (feed) this.#comparison.confirm(feed);
    }
  }

  /** Checks for events whose hints were lost while the broker was disconnected. */
  connected(): void {
    void this.#comparison.compare();
  }

  /** Receives a contiguous range of events of one stream that another node has committed. */
  receive(stream: StreamId, events: readonly StoredEvent[]): void {
    this.#receive(stream, events, 'broker');
  }

  /** Fetches the missing events of a stream, which has reached `seq`. */
  hint(stream: StreamId, seq: Seq): void {
    this.#feeds.get(stream)?.announce(seq);
  }

  /** Like {@link hint}; resolves when the running gap fill has ended. */
  async fetch(stream: StreamId, seq: Seq): Promise<void> {
    const feed = this.#feeds.get(stream);
    feed?.announce(seq);
    await feed?.filling;
  }

  /**
   * Sends a frame that is not an event to the subscriptions of the stream, except those of one
   * account.
   */
  signal(stream: StreamId, frame: string, except: string): void {
    this.#signalHere(stream, frame, except);
    this.#broker.sendNodeMessage(stream, SIGNAL, `${except} ${frame}`);
  }

  /** Compares the heads of all topics with the database, and fetches what is missing. */
  compareHeads(): Promise<void> {
    return this.#comparison.compare();
  }

  #receive(stream: StreamId, events: readonly StoredEvent[], source: EventSource): void {
    // Without other nodes no hint can be in flight.
    const onGap = this.#broker.status === 'connected' ? 'wait' : 'read';
    this.#feeds.get(stream)?.receive(events, source, onGap);
  }

  #deliver(topic: Topic, events: readonly StoredEvent[], source: EventSource): void {
    const sockets = topic.live.size;
    topic.advance(events);
    if (this.#tracing) {
      for (const { trace } of events) {
        if (trace) this.#tracing.fanOut(trace, source, sockets, this.#broker.node);
      }
    }
    if (!this.#metrics) return;
    const { at } = events[events.length - 1] as StoredEvent;
    const lagMs = Date.now() - Date.parse(at);
    this.#metrics.delivered({ source, events: events.length, sockets, lagMs });
  }

  #signalHere(stream: StreamId, text: string, except: string): void {
    const topic = this.topic(stream);
    if (!topic) return;
    const frame = textFrame(text);
    for (const subscriptions of [topic.live, topic.behind]) {
      for (const { sink } of subscriptions) {
        // Signals to a congested socket are dropped.
        if (!sink.congested && sink.account !== except) sink.write(frame);
      }
    }
  }
}
