import type { AccountId, Seq, StreamId } from '@parley/protocol';
import type { StoredEvent } from './record.ts';

/** Where followed events go: one socket. */
export interface Sink {
  readonly account: AccountId;
  /** Too much waits in the socket: nothing more is pushed, the follower will catch up. */
  readonly congested: boolean;
  /** Takes frames for the socket. Never blocks, never fails. */
  write(frames: Buffer): void;
  /** The follower has fallen behind (or has ended): `Resume` shall see to it when it can. */
  wake(subscription: Subscription): void;
  /** Sees the events of its own personal stream after they were written: they open and close streams. */
  personal(events: readonly StoredEvent[]): void;
}

/**
 * One stream on one socket: a cursor, not a queue. What the socket has been sent is `sent`; all
 * that is later is still in the database.
 */
export class Subscription {
  readonly stream: StreamId;
  readonly sink: Sink;
  readonly isPersonal: boolean;
  /** The last seq handed to the socket. */
  sent: Seq;
  /** Nothing up to this seq may be asked for again: it was before the present stay. */
  floor: Seq = 0 as Seq;
  /** Nothing after this seq is for this account any more; null while it belongs. */
  last: Seq | null = null;
  /**
   * Stretches that the account was not a member for, in order: after `after` was sent the cursor
   * moves to `to` without sending what lies between.
   */
  #skips: { after: Seq; to: Seq }[] = [];

  constructor(stream: StreamId, sink: Sink, sent: Seq, isPersonal = false) {
    this.stream = stream;
    this.sink = sink;
    this.sent = sent;
    this.isPersonal = isPersonal;
  }

  /** What is to be left out from here on, and where it ends; a stretch may begin right here. */
  leaveOut(skips: readonly { after: Seq; to: Seq }[], last: Seq | null): void {
    this.#skips = [...skips];
    this.last = last;
    this.#skip();
  }

  /**
   * Whether `seq` lies in the stay that goes on, or went on last. The end of an earlier one does not
   * end the following: it goes on with the next stay.
   */
  isOfPresentStay(seq: Seq): boolean {
    return seq > this.floor;
  }

  /** Whether all that this account may see has been sent. */
  get ended(): boolean {
    return this.last !== null && this.sent >= this.last;
  }

  /** The end of the stretch that may be sent now. */
  bound(head: Seq): Seq {
    let bound = head;
    const skip = this.#skips[0];
    if (skip && skip.after < bound) bound = skip.after;
    if (this.last !== null && this.last < bound) bound = this.last;
    return bound;
  }

  /** Notes that everything up to `seq` was sent, and passes over what is not for this account. */
  advance(seq: Seq): void {
    if (seq > this.sent) this.sent = seq;
    this.#skip();
  }

  #skip(): void {
    for (let skip = this.#skips[0]; skip && this.sent >= skip.after; skip = this.#skips[0]) {
      if (skip.to > this.sent) this.sent = skip.to;
      this.#skips.shift();
    }
  }
}
