import type { AccountId, Seq, StreamId } from '@parley/protocol';
import { type EventVisibilities, endsMembership } from './event-visibility.ts';
import type { StoredEvent } from './record.ts';
import type { Subscription } from './subscription.ts';
import { type Chunk, encodeChunk, Tail } from './tail.ts';

/** Bytes of recent frames kept for each followed stream. */
const TAIL_BYTES = 128 * 1024;

/**
 * A followed stream on this node: its head (the last seq handed on) and its followers.
 *
 * A follower is `live` exactly while its cursor stands at the head; otherwise it is `behind`, and
 * `Resume` brings it up. There is no third state and no separate snapshot, so there is no window
 * in which an event could fall between replay and live.
 */
export class Topic {
  readonly stream: StreamId;
  readonly #visibility: EventVisibilities;
  readonly tail = new Tail(TAIL_BYTES);
  readonly live = new Set<Subscription>();
  readonly behind = new Set<Subscription>();
  head: Seq;
  /** The highest seq that anybody has told of; over `head` while a hole is being filled. */
  heard: Seq;
  filling: Promise<void> | null = null;
  /** Ranges that came before what lies between the head and them: it is given a moment to come. */
  early: (readonly StoredEvent[])[] = [];
  patience: NodeJS.Timeout | null = null;

  constructor(stream: StreamId, head: Seq, visibility: EventVisibilities) {
    this.stream = stream;
    this.#visibility = visibility;
    this.head = head;
    this.heard = head;
  }

  /** Whether nobody follows any more. */
  get empty(): boolean {
    return this.live.size === 0 && this.behind.size === 0;
  }

  /** Puts the follower where its cursor says. */
  place(subscription: Subscription): void {
    const isLive =
      subscription.cursor === this.head &&
      subscription.last === null &&
      !subscription.sink.congested;
    (isLive ? this.behind : this.live).delete(subscription);
    (isLive ? this.live : this.behind).add(subscription);
  }

  /** Returns whether the event is the last one that the account may see. */
  endsMembership(event: StoredEvent, account: AccountId): boolean {
    return endsMembership(this.#visibility, event, account);
  }

  /** Forgets the follower. */
  remove(subscription: Subscription): void {
    this.live.delete(subscription);
    this.behind.delete(subscription);
  }

  /** Hands on events that continue the head. Those who leave see their leaving and no more. */
  advance(events: readonly StoredEvent[]): void {
    let from = 0;
    for (const [i, event] of events.entries()) {
      if (!this.#visibility[event.type]?.endsMembershipOf) continue;
      this.#push(encodeChunk(events.slice(from, i + 1)));
      this.#close(event);
      from = i + 1;
    }
    if (from < events.length) this.#push(encodeChunk(from === 0 ? events : events.slice(from)));
  }

  #push(chunk: Chunk): void {
    this.head = chunk.last;
    if (this.heard < this.head) this.heard = this.head;
    this.tail.add(chunk);
    // The tail may hold text that was redacted in the database.
    if (chunk.events.some((e) => this.#visibility[e.type]?.redact)) this.tail.clear();
    for (const subscription of this.live) {
      const { sink } = subscription;
      if (sink.congested) {
        this.live.delete(subscription);
        this.behind.add(subscription);
        sink.wake(subscription);
        continue;
      }
      sink.write(chunk.frames);
      subscription.advance(chunk.last);
      if (subscription.isPersonal) sink.personal(chunk.events);
    }
  }

  #close(event: StoredEvent): void {
    const leaving = [...this.live, ...this.behind].filter(
      (f) => f.last === null && this.endsMembership(event, f.sink.account),
    );
    for (const subscription of leaving) {
      if (!subscription.isOfLatestPeriod(event.seq)) {
        // Whoever was not live at it is brought past it by the catching up.
        if (!this.live.has(subscription)) continue;
        subscription.advance(event.seq);
        if (subscription.cursor === event.seq) continue;
      } else {
        subscription.endAt(event.seq);
      }
      this.live.delete(subscription);
      this.behind.add(subscription);
      subscription.sink.wake(subscription);
    }
  }
}
