import type { Seq, StreamId } from '@parley/protocol';
import { type EventVisibilities, endsMembership } from './event-visibility.ts';
import type { StoredEvent } from './record.ts';
import type { Subscription } from './subscription.ts';
import { type Chunk, encodeChunk, Tail } from './tail.ts';

/** Bytes of recent frames that are kept for each topic. */
const TAIL_BYTES = 128 * 1024;

/**
 * A subscribed stream on this node: its head (the last seq that was published here), its latest events
 * and its subscriptions.
 *
 * A subscription is *live* exactly while its cursor is at the head, it has everything that it awaits,
 * it may see what follows, and its socket is not congested; otherwise it is *behind*, and `Resume`
 * replays events to it. There is no third state and no separate snapshot, so no event can be missed
 * between replay and live.
 * Head and subscriptions change only through the transitions of this class:
 *
 * - `add`, `remove`: a subscription starts and ends.
 * - `advance`: events were committed.
 * - `replay`: events are sent to a subscription that is behind.
 * - `rewind`: a client requests events again.
 */
export class Topic {
  readonly stream: StreamId;
  readonly #visibility: EventVisibilities;
  readonly #tail = new Tail(TAIL_BYTES);
  readonly #live = new Set<Subscription>();
  readonly #behind = new Set<Subscription>();
  #head: Seq;

  constructor(stream: StreamId, head: Seq, visibility: EventVisibilities) {
    this.stream = stream;
    this.#visibility = visibility;
    this.#head = head;
  }

  /** The last seq that was published here. */
  get head(): Seq {
    return this.#head;
  }

  /** The subscriptions that receive events as they are published. */
  get live(): ReadonlySet<Subscription> {
    return this.#live;
  }

  /** The subscriptions that `Resume` replays events to. */
  get behind(): ReadonlySet<Subscription> {
    return this.#behind;
  }

  /** Whether there are no subscriptions. */
  get empty(): boolean {
    return this.#live.size === 0 && this.#behind.size === 0;
  }

  /** Returns whether the subscription belongs to this topic. */
  has(subscription: Subscription): boolean {
    return this.#live.has(subscription) || this.#behind.has(subscription);
  }

  /** Adds a subscription. */
  add(subscription: Subscription): void {
    this.#place(subscription);
  }

  /** Removes a subscription. */
  remove(subscription: Subscription): void {
    this.#live.delete(subscription);
    this.#behind.delete(subscription);
  }

  /** Returns events after a cursor from memory, up to `upTo`; null if they are not there. */
  recent(after: Seq, upTo: Seq): Chunk | null {
    return this.#tail.after(after, upTo);
  }

  /**
   * Sends events that continue the head to the live subscriptions. An account whose membership ends
   * receives that event and none after it.
   */
  advance(events: readonly StoredEvent[]): void {
    let from = 0;
    for (const [i, event] of events.entries()) {
      if (!this.#visibility[event.type]?.endsMembershipOf) continue;
      this.#publish(encodeChunk(events.slice(from, i + 1)));
      this.#endMemberships(event);
      from = i + 1;
    }
    if (from < events.length) this.#publish(encodeChunk(from === 0 ? events : events.slice(from)));
  }

  /**
   * Sends the events after its cursor to a subscription that is behind, up to the last one that it may
   * see. It is live in the same turn if it has reached the head.
   */
  replay(subscription: Subscription, chunk: Chunk): void {
    if (!this.has(subscription)) return;
    const { sink } = subscription;
    const end = chunk.events.find(
      (e) =>
        endsMembership(this.#visibility, e, sink.account) && subscription.isOfLatestPeriod(e.seq),
    );
    if (end) subscription.endAt(end.seq);
    const { last } = subscription;
    const visible =
      last === null || chunk.last <= last
        ? chunk
        : encodeChunk(chunk.events.filter((e) => e.seq <= last));
    sink.write(visible.frames);
    subscription.advance(visible.last);
    this.#place(subscription);
    if (subscription.isPersonal) sink.personal(visible.events);
  }

  /** Moves a subscription that is at the head and whose socket has drained to live. */
  settle(subscription: Subscription): void {
    if (this.has(subscription)) this.#place(subscription);
  }

  /** Sets the cursor of a subscription back: the client requests the events after `after` again. */
  rewind(subscription: Subscription, after: Seq): void {
    subscription.rewind(after);
    if (this.has(subscription)) this.#place(subscription);
  }

  #place(subscription: Subscription): void {
    const isLive =
      subscription.cursor === this.#head &&
      subscription.cursor >= subscription.awaited &&
      subscription.last === null &&
      !subscription.sink.congested;
    (isLive ? this.#behind : this.#live).delete(subscription);
    (isLive ? this.#live : this.#behind).add(subscription);
  }

  #publish(chunk: Chunk): void {
    this.#head = chunk.last;
    this.#tail.add(chunk);
    // The tail may hold text that was redacted in the database.
    if (chunk.events.some((e) => this.#visibility[e.type]?.redact)) this.#tail.clear();
    for (const subscription of this.#live) {
      const { sink } = subscription;
      if (sink.congested) {
        this.#demote(subscription);
        continue;
      }
      sink.write(chunk.frames);
      subscription.advance(chunk.last);
      if (subscription.isPersonal) sink.personal(chunk.events);
    }
    // A client can be ahead of this node: the head has now reached its cursor.
    for (const subscription of this.#behind) {
      if (subscription.cursor === this.#head) this.#place(subscription);
    }
  }

  #endMemberships(event: StoredEvent): void {
    const leaving = [...this.#live, ...this.#behind].filter(
      (s) => s.last === null && endsMembership(this.#visibility, event, s.sink.account),
    );
    for (const subscription of leaving) {
      if (!subscription.isOfLatestPeriod(event.seq)) {
        // For subscriptions that are behind, `Resume` skips the end of an earlier period.
        if (!this.#live.has(subscription)) continue;
        subscription.advance(event.seq);
        if (subscription.cursor === event.seq) continue;
      } else {
        subscription.endAt(event.seq);
      }
      this.#demote(subscription);
    }
  }

  /** Moves a live subscription to behind: `Resume` continues from its cursor when the socket has drained. */
  #demote(subscription: Subscription): void {
    this.#live.delete(subscription);
    this.#behind.add(subscription);
    subscription.sink.wake(subscription);
  }
}
