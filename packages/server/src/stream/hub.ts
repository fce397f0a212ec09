import type { Seq, StreamId } from '@parley/protocol';
import type pg from 'pg';
import type { Logger } from '../log.ts';
import type { EventSource, Metrics } from '../metrics/metrics.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { type Broker, type BrokerListener, LocalBroker } from './broker.ts';
import type { EventVisibilities } from './event-visibility.ts';
import { textFrame } from './frame.ts';
import { readEvents, readHeads } from './read.ts';
import type { StoredEvent } from './record.ts';
import type { Subscription } from './subscription.ts';
import { Topic } from './topic.ts';

/**
 * How often the heads of followed streams are compared with the database, by what there is to
 * miss: with other nodes so that, second look and reading included, nothing comes later than 2 s.
 */
const COMPARE_MS = { alone: 2_000, joined: 1_500, away: 1_000 } as const;
/** A head that is behind is looked at again after this time before it counts as missed. */
const SECOND_LOOK_MS = 250;
/**
 * A range that came before the one that it continues waits this long for it, and at most so many
 * do: reading a hole from the database costs more than the wait, and the wait is not noticed.
 */
const EARLY_MS = 20;
const EARLY_MAX = 16;
/** The kind of the notes that carry signals between nodes: an account to be left out, the frame. */
const SIGNAL = 'signal';
/** Events read at a time while a hole is filled. */
const FILL_PAGE = 500;

/** What the hub had to mend; all zero while no hint is lost. */
export interface HubCounters {
  /** A published range did not continue its stream and was filled from the database. */
  fills: number;
  /** The comparison of heads found events that no hint had told of. */
  repairs: number;
}

interface HubDeps {
  readonly pool: pg.Pool;
  readonly log: Logger;
  readonly visibility: EventVisibilities;
  /** Publishes to the other nodes, and receives what they publish. Missing on a single node. */
  readonly broker?: Broker;
  readonly metrics?: Metrics | null;
  readonly tracing?: Tracing | null;
}

/**
 * One for each node: which streams are followed here, and how far they were handed on.
 *
 * 1. Every follower gets every seq after its cursor once, in order, up to the end of its membership.
 * 2. What it is told by `receive` and `hint` may be lost, doubled, late or out of order.
 * 3. What no hint told of is found by comparing heads, within about two seconds.
 * 4. It never waits for a socket: a follower whose socket is full falls behind and catches up.
 */
export class Hub implements BrokerListener {
  readonly counters: HubCounters = { fills: 0, repairs: 0 };
  readonly #topics = new Map<StreamId, Topic>();
  readonly #pool: pg.Pool;
  readonly #log: Logger;
  readonly #unconfirmed = new Set<Topic>();
  readonly #visibility: EventVisibilities;
  readonly #broker: Broker;
  readonly #metrics: Metrics | null;
  readonly #tracing: Tracing | null;
  #timer: NodeJS.Timeout | null = null;
  #comparing = false;
  #compareAgain = false;

  constructor({ pool, log, visibility, broker, metrics, tracing }: HubDeps) {
    this.#pool = pool;
    this.#log = log;
    this.#visibility = visibility;
    this.#broker = broker ?? new LocalBroker();
    this.#metrics = metrics ?? null;
    this.#tracing = tracing ?? null;
    this.#broker.onNote(SIGNAL, (body, _from, stream) => {
      const end = body.indexOf(' ');
      if (stream !== null) this.#signalHere(stream, body.slice(end + 1), body.slice(0, end));
    });
  }

  /** Starts listening to other nodes, and the regular comparison of heads. */
  start(): void {
    this.#broker.start(this);
    const schedule = () => {
      this.#timer = setTimeout(() => {
        if (!this.#comparing) void this.compareHeads();
        schedule();
      }, COMPARE_MS[this.#broker.status]);
    };
    schedule();
  }

  /** Ends the regular comparison of heads. */
  stop(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Streams that are followed here. */
  get streams(): number {
    return this.#topics.size;
  }

  /** The topic of a followed stream. */
  topic(stream: StreamId): Topic | undefined {
    return this.#topics.get(stream);
  }

  /**
   * Registers a follower. `head` is a seq that the stream is known to have reached; that it has
   * not moved on since is checked when the stream was not followed here before.
   */
  subscribe(subscription: Subscription, head: Seq): void {
    let topic = this.#topics.get(subscription.stream);
    if (!topic) {
      topic = new Topic(subscription.stream, head, this.#visibility);
      this.#topics.set(subscription.stream, topic);
      this.#confirm(topic);
      this.#broker.subscribe(subscription.stream);
    }
    topic.place(subscription);
    if (topic.behind.has(subscription)) subscription.sink.wake(subscription);
  }

  /** Forgets a follower, and its stream with the last one. */
  unsubscribe(subscription: Subscription): void {
    const topic = this.#topics.get(subscription.stream);
    if (!topic) return;
    topic.remove(subscription);
    if (topic.empty) {
      this.#topics.delete(subscription.stream);
      this.#unconfirmed.delete(topic);
      this.#forgetEarly(topic);
      this.#broker.unsubscribe(subscription.stream);
    }
  }

  /**
   * Events that this node has committed, in the order of their seqs within each stream: hands them
   * on here and tells the other nodes.
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

  /** The broker brings these streams from now on: what came just before is looked for. */
  listening(streams: readonly StreamId[]): void {
    for (const stream of streams) {
      const topic = this.#topics.get(stream);
      if (topic) this.#confirm(topic);
    }
  }

  /** The broker was away: what it would have told is looked for. */
  rejoined(): void {
    void this.compareHeads();
  }

  /** A contiguous range of events of one stream, committed by another node. */
  receive(stream: StreamId, events: readonly StoredEvent[]): void {
    this.#receive(stream, events, 'broker');
  }

  #receive(stream: StreamId, events: readonly StoredEvent[], source: EventSource): void {
    const topic = this.#topics.get(stream);
    const first = events[0];
    const last = events[events.length - 1];
    if (!topic || !first || !last || last.seq <= topic.head) return;
    if (topic.filling) {
      this.#fill(topic, last.seq);
      return;
    }
    if (first.seq > topic.head + 1) {
      this.#keepEarly(topic, events);
      return;
    }
    const { head } = topic;
    const fresh = first.seq === head + 1 ? events : events.filter((e) => e.seq > head);
    this.#advance(topic, fresh, source);
    if (topic.early.length > 0) this.#takeEarly(topic);
  }

  /**
   * What lies before the range is not here yet. Where several nodes write to one stream that is
   * common, as one’s own commits come without a way round: the hint is most often a moment away.
   */
  #keepEarly(topic: Topic, events: readonly StoredEvent[]): void {
    topic.early.push(events);
    const wait = this.#broker.status === 'joined' && topic.early.length <= EARLY_MAX;
    if (!wait) this.#giveUpWaiting(topic);
    else topic.patience ??= setTimeout(() => this.#giveUpWaiting(topic), EARLY_MS);
  }

  #giveUpWaiting(topic: Topic): void {
    const heard = Math.max(...topic.early.map((range) => (range.at(-1) as StoredEvent).seq));
    this.#forgetEarly(topic);
    if (heard <= topic.head || topic.empty) return;
    this.counters.fills++;
    this.#fill(topic, heard as Seq);
  }

  #forgetEarly(topic: Topic): void {
    topic.early = [];
    if (topic.patience) clearTimeout(topic.patience);
    topic.patience = null;
  }

  /** The head has moved: what came early may continue it now. */
  #takeEarly(topic: Topic): void {
    for (let moved = true; moved; ) {
      moved = false;
      const waiting = topic.early;
      topic.early = [];
      for (const range of waiting) {
        const { head } = topic;
        const fresh = range.filter((e) => e.seq > head);
        if (fresh.length === 0) continue;
        if (fresh[0]?.seq === head + 1) {
          this.#advance(topic, fresh, 'here');
          moved = true;
        } else {
          topic.early.push(fresh);
        }
      }
    }
    if (topic.early.length === 0) this.#forgetEarly(topic);
  }

  #advance(topic: Topic, events: readonly StoredEvent[], source: EventSource): void {
    const sockets = topic.live.size;
    topic.advance(events);
    if (this.#tracing) {
      for (const { trace } of events) {
        if (trace) this.#tracing.fanOut(trace, source, sockets, this.#broker.node);
      }
    }
    if (!this.#metrics) return;
    const { at } = events[events.length - 1] as StoredEvent;
    this.#metrics.handedOn(source, events.length, sockets, Date.now() - Date.parse(at));
  }

  /** Somebody has seen the stream at `seq`: what is missing up to there is fetched. */
  hint(stream: StreamId, seq: Seq): void {
    const topic = this.#topics.get(stream);
    if (topic && seq > topic.head) this.#fill(topic, seq);
  }

  /** Sends a frame that is not an event to all who follow the stream, except one account. */
  signal(stream: StreamId, frame: string, except: string): void {
    this.#signalHere(stream, frame, except);
    this.#broker.note(stream, SIGNAL, `${except} ${frame}`);
  }

  #signalHere(stream: StreamId, text: string, except: string): void {
    const topic = this.#topics.get(stream);
    if (!topic) return;
    const frame = textFrame(text);
    for (const subscriptions of [topic.live, topic.behind]) {
      for (const { sink } of subscriptions) {
        // Signals are the first thing to go when a socket is full.
        if (!sink.congested && sink.account !== except) sink.write(frame);
      }
    }
  }

  /** Compares the heads of all followed streams with the database, and fetches what is missing. */
  async compareHeads(): Promise<void> {
    if (this.#comparing) {
      this.#compareAgain = true;
      return;
    }
    if (this.#topics.size === 0) return;
    this.#comparing = true;
    this.#compareAgain = false;
    try {
      const late = await this.#behindDatabase([...this.#topics.values()]);
      if (late.length === 0) return;
      // Most were committed an instant ago and are about to be published.
      await new Promise((resolve) => setTimeout(resolve, SECOND_LOOK_MS));
      for (const [topic, seq] of late) {
        if (topic.head >= seq || topic.filling) continue;
        this.counters.repairs++;
        this.#log.warn({ stream: topic.stream, head: topic.head, seq }, 'no hint told of events');
        this.#fill(topic, seq);
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'the heads of streams could not be compared');
    } finally {
      this.#comparing = false;
      if (this.#compareAgain) void this.compareHeads();
    }
  }

  async #behindDatabase(topics: readonly Topic[]): Promise<[Topic, Seq][]> {
    const heads = await readHeads(
      this.#pool,
      topics.map((t) => t.stream),
    );
    const late: [Topic, Seq][] = [];
    for (const topic of topics) {
      const seq = heads.get(topic.stream);
      if (seq !== undefined && seq > topic.head) late.push([topic, seq]);
    }
    return late;
  }

  /** Newly followed streams, checked together: events may have come before they were followed. */
  #confirm(topic: Topic): void {
    this.#unconfirmed.add(topic);
    if (this.#unconfirmed.size > 1) return;
    setImmediate(async () => {
      const topics = [...this.#unconfirmed];
      this.#unconfirmed.clear();
      try {
        for (const [late, seq] of await this.#behindDatabase(topics)) this.#fill(late, seq);
      } catch (error) {
        // The regular comparison will find it.
        this.#log.warn({ err: error }, 'the head of a stream could not be read');
      }
    });
  }

  #fill(topic: Topic, upTo: Seq): void {
    if (upTo > topic.heard) topic.heard = upTo;
    topic.filling ??= this.#fillNow(topic).finally(() => {
      topic.filling = null;
      // Told of while the last page was under way.
      if (topic.heard > topic.head && !topic.empty) this.#fill(topic, topic.heard);
    });
  }

  async #fillNow(topic: Topic): Promise<void> {
    while (topic.head < topic.heard && !topic.empty) {
      let events: StoredEvent[];
      try {
        events = await readEvents(this.#pool, topic.stream, topic.head, topic.heard, FILL_PAGE);
      } catch (error) {
        this.#log.warn({ err: error, stream: topic.stream }, 'a hole could not be filled yet');
        // The comparison of heads tries again.
        topic.heard = topic.head;
        return;
      }
      if (events.length === 0) {
        this.#log.error(
          { stream: topic.stream, heard: topic.heard },
          'told of events that are not there',
        );
        topic.heard = topic.head;
        return;
      }
      this.#advance(topic, events, 'database');
      if (topic.early.length > 0) this.#takeEarly(topic);
    }
  }
}
