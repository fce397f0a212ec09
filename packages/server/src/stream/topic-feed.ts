import type { Seq, StreamId } from '@parley/protocol';
import type { EventSource } from '../metrics/metrics.ts';
import type { Logger } from '../runtime/log.ts';
import { FilledGaps } from './filled-gaps.ts';
import type { StreamReader } from './read.ts';
import type { StoredEvent } from './record.ts';
import type { Topic } from './topic.ts';

/**
 * How long a range waits for the one before it, and how many ranges may wait. The wait is
 * imperceptible, and cheaper than reading the gap from the database.
 */
const HOLD_MS = 20;
const HELD_MAX = 16;
/** Events that are read at a time to fill a gap. */
const FILL_PAGE = 500;

interface TopicFeedDeps {
  readonly reader: StreamReader;
  readonly log: Logger;
  /** Passes events that continue the head to the topic. */
  readonly deliver: (topic: Topic, events: readonly StoredEvent[], source: EventSource) => void;
  /** Called when a gap will be filled from the database because the events did not arrive. */
  readonly onGap: () => void;
  /** Called with the number of gaps whose events have all arrived after they were filled. */
  readonly onLate: (gaps: number) => void;
}

/** A range of events that arrived before the one that it continues. */
interface HeldRange {
  readonly events: readonly StoredEvent[];
  readonly source: EventSource;
}

/**
 * Receives the committed events of one topic and delivers them in the order of their seqs.
 *
 * 1. What arrives may be lost, duplicated, late or out of order. Each seq is delivered once.
 * 2. A range behind a gap is held briefly; then the gap is filled from the database.
 * 3. One gap fill runs at a time, and it reads up to the highest seq that was announced.
 * 4. A failed gap fill is not retried here: the next announcement starts another one.
 */
export class TopicFeed {
  readonly topic: Topic;
  readonly #deps: TopicFeedDeps;
  /** The highest seq known to be committed, while it is above the head. */
  #announced: Seq;
  #filling: Promise<void> | null = null;
  #held: HeldRange[] = [];
  readonly #gaps = new FilledGaps();
  #holdTimer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(topic: Topic, deps: TopicFeedDeps) {
    this.topic = topic;
    this.#announced = topic.head;
    this.#deps = deps;
  }

  get stream(): StreamId {
    return this.topic.stream;
  }

  /** The running gap fill. */
  get filling(): Promise<void> | null {
    return this.#filling;
  }

  /**
   * Receives a contiguous range. If there is a gap before it, the range waits for the missing events, or
   * they are read at once.
   */
  receive(events: readonly StoredEvent[], source: EventSource, onGap: 'wait' | 'read'): void {
    // What this node has committed is never late.
    const late = source === 'broker' ? this.#gaps.arrived(events) : 0;
    if (late > 0) this.#deps.onLate(late);
    const first = events[0];
    const last = events[events.length - 1];
    const { head } = this.topic;
    if (!first || !last || last.seq <= head || this.#closed) return;
    if (this.#filling) {
      this.announce(last.seq);
    } else if (first.seq > head + 1) {
      this.#hold({ events, source }, onGap);
    } else {
      const fresh = first.seq === head + 1 ? events : events.filter((e) => e.seq > head);
      this.#deliver(fresh, source);
    }
  }

  /** Returns whether events up to `seq` are still to be delivered; never for a closed feed. */
  lacks(seq: Seq): boolean {
    return seq > this.topic.head && !this.#closed;
  }

  /** Fills the gap up to `seq`, which the stream has reached, if there is one. */
  announce(seq: Seq): void {
    if (!this.lacks(seq)) return;
    if (seq > this.#announced) this.#announced = seq;
    this.#filling ??= this.#fill().finally(() => {
      this.#filling = null;
      // Announced while the last page was read.
      this.announce(this.#announced);
    });
  }

  /** Like {@link announce}, for events that should have arrived already. */
  missed(seq: Seq): void {
    if (!this.lacks(seq)) return;
    const held = this.#held.map(({ events }) => events);
    this.#gaps.add(this.topic.head, seq, held);
    this.announce(seq);
  }

  /** Ends the feed: nothing more is delivered. */
  close(): void {
    this.#closed = true;
    this.#release();
  }

  #deliver(events: readonly StoredEvent[], source: EventSource): void {
    this.#deps.deliver(this.topic, events, source);
    if (this.#held.length > 0) this.#deliverHeld();
  }

  /**
   * Where several nodes write to one stream, a node’s own commits often overtake the hints of other
   * nodes, which arrive a moment later.
   */
  #hold(range: HeldRange, onGap: 'wait' | 'read'): void {
    this.#held.push(range);
    if (onGap === 'read' || this.#held.length > HELD_MAX) this.#stopWaiting();
    else this.#holdTimer ??= setTimeout(() => this.#stopWaiting(), HOLD_MS);
  }

  #stopWaiting(): void {
    const ranges = this.#release().map(({ events }) => events);
    const last = Math.max(...ranges.map((events) => (events.at(-1) as StoredEvent).seq)) as Seq;
    if (!this.lacks(last)) return;
    this.#deps.onGap();
    this.#gaps.add(this.topic.head, last, ranges);
    this.announce(last);
  }

  /** Returns and clears the held ranges. */
  #release(): HeldRange[] {
    if (this.#holdTimer) clearTimeout(this.#holdTimer);
    this.#holdTimer = null;
    return this.#held.splice(0);
  }

  /** Delivers the held ranges that continue the head, which has advanced. */
  #deliverHeld(): void {
    for (let delivered = true; delivered; ) {
      delivered = false;
      for (const { events, source } of this.#held.splice(0)) {
        const { head } = this.topic;
        const fresh = events.filter((e) => e.seq > head);
        if (fresh.length === 0) continue;
        if (fresh[0]?.seq === head + 1) {
          this.#deps.deliver(this.topic, fresh, source);
          delivered = true;
        } else {
          this.#held.push({ events: fresh, source });
        }
      }
    }
    if (this.#held.length === 0) this.#release();
  }

  async #fill(): Promise<void> {
    const { reader, log } = this.#deps;
    const { topic, stream } = this;
    while (topic.head < this.#announced && !this.#closed) {
      let events: StoredEvent[];
      try {
        events = await reader.readEvents(stream, topic.head, this.#announced, FILL_PAGE);
      } catch (error) {
        log.warn({ err: error, stream }, 'gap fill failed');
        // The comparison of heads announces it again.
        this.#announced = topic.head;
        return;
      }
      if (this.#closed) return;
      if (events.length === 0) {
        log.error({ stream, seq: this.#announced }, 'announced events are missing');
        this.#announced = topic.head;
        return;
      }
      this.#deliver(events, 'database');
    }
  }
}
