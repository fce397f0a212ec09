import type { AccountId, Seq, StreamId } from '@parley/protocol';
import type { StoredEvent } from './record.ts';

/** Where the events of subscriptions go: one socket. */
export interface Sink {
  readonly account: AccountId;
  /**
   * Whether too many bytes wait in the socket: nothing more is pushed, and `Resume` catches up
   * later.
   */
  readonly congested: boolean;
  /** Queues frames for the socket. Never blocks, never fails. */
  write(frames: Buffer): void;
  /** The subscription is behind or has ended: `Resume` handles it when the socket has drained. */
  wake(subscription: Subscription): void;
  /** Called with the events of the account's personal stream after they were written. */
  personal(events: readonly StoredEvent[]): void;
}

/** Events between `after` and `to` that the account was not a member for. */
export interface Skip {
  readonly after: Seq;
  readonly to: Seq;
}

/** Where a subscription starts, and what it leaves out. */
export interface SubscriptionStart {
  /** The last seq that the client has. */
  readonly cursor: Seq;
  /**
   * A seq that the stream is known to have reached, whether or not this node has published it: the
   * subscription is not live before it has the events up to there.
   */
  readonly awaited?: Seq;
  /** Events up to here may not be requested again: they precede the current membership period. */
  readonly floor?: Seq;
  /** In seq order. */
  readonly skips?: readonly Skip[];
  /** The last seq that the account may see; null or missing while it is a member. */
  readonly last?: Seq | null;
  /** Whether the stream is the personal stream of the socket's account. */
  readonly isPersonal?: boolean;
}

/**
 * The attachment of one socket to one stream: a cursor, not a queue. Everything after the cursor is
 * still in the database. The state is private, and only these transitions change it:
 *
 * - `advance`: events up to a seq were written to the socket.
 * - `rewind`: the client requests events again.
 * - `endAt`: the membership ends with a seq.
 */
export class Subscription {
  readonly stream: StreamId;
  readonly sink: Sink;
  readonly isPersonal: boolean;
  /** The subscription is not live before its cursor has reached this seq. */
  readonly awaited: Seq;
  #cursor: Seq;
  #delivered: Seq | null = null;
  #floor: Seq;
  #last: Seq | null;
  readonly #skips: Skip[];

  constructor(stream: StreamId, sink: Sink, start: SubscriptionStart) {
    this.stream = stream;
    this.sink = sink;
    this.isPersonal = start.isPersonal ?? false;
    this.awaited = start.awaited ?? start.cursor;
    this.#cursor = start.cursor;
    this.#floor = start.floor ?? (0 as Seq);
    this.#last = start.last ?? null;
    this.#skips = [...(start.skips ?? [])];
    this.#skip();
  }

  /** The last seq that was written to the socket or skipped. */
  get cursor(): Seq {
    return this.#cursor;
  }

  /**
   * The last seq that was written to the socket; null before the first. It is behind the cursor
   * while events after skipped ones are not written yet: a client that was sent the cursor would
   * consider the skipped events missing.
   */
  get delivered(): Seq | null {
    return this.#delivered;
  }

  /** Events up to this seq may not be requested again. */
  get floor(): Seq {
    return this.#floor;
  }

  /** The last seq that the account may see; null while it is a member. */
  get last(): Seq | null {
    return this.#last;
  }

  /** Whether everything that the account may see was written. */
  get ended(): boolean {
    return this.#last !== null && this.#cursor >= this.#last;
  }

  /**
   * Returns whether `seq` belongs to the latest membership period. The end of an earlier period does not
   * end the subscription: it continues with the next one.
   */
  isOfLatestPeriod(seq: Seq): boolean {
    return seq > this.#floor;
  }

  /** Returns the last seq, up to `head`, that may be written before something is skipped. */
  bound(head: Seq): Seq {
    let bound = head;
    const skip = this.#skips[0];
    if (skip && skip.after < bound) bound = skip.after;
    if (this.#last !== null && this.#last < bound) bound = this.#last;
    return bound;
  }

  /**
   * Everything up to `seq` was written to the socket. Also moves past skipped events that follow.
   */
  advance(seq: Seq): void {
    if (seq > this.#cursor) this.#cursor = seq;
    this.#delivered = seq;
    this.#skip();
  }

  /**
   * Sets the cursor back: the client requests the events after `after` again. It gets none before the latest membership
   * period.
   */
  rewind(after: Seq): void {
    const to = Math.max(after, this.#floor) as Seq;
    if (to >= this.#cursor) return;
    this.#cursor = to;
    if (this.#delivered !== null && this.#delivered > to) this.#delivered = to;
  }

  /**
   * The membership ends with `seq`. The lowest seq counts: a subscription that is behind may learn of the end of a
   * later membership period, in newly committed events, before that of its own, which is replayed to it.
   */
  endAt(seq: Seq): void {
    if (this.#last === null || seq < this.#last) this.#last = seq;
  }

  #skip(): void {
    for (let skip = this.#skips[0]; skip && this.#cursor >= skip.after; skip = this.#skips[0]) {
      if (skip.to > this.#cursor) this.#cursor = skip.to;
      this.#skips.shift();
    }
  }
}
