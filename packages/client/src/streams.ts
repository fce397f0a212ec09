import type { AccountId, Cursor, Event, Seq, StreamId } from '@parley/protocol';

/** What an event is to a client that has applied everything up to its cursor. */
export type Verdict =
  /** It is the next one. */
  | 'next'
  /** It was applied already. */
  | 'known'
  /** Something before it is missing. */
  | 'hole'
  /** Its stream is not followed. */
  | 'foreign';

/**
 * How far each followed stream was applied (R10): an event is applied when it is the next one, and
 * never else. One’s own joining begins a stream anew, one’s own leaving ends it: both are applied
 * after a hole too, because a former member is not sent what came before the end.
 */
export class Streams {
  readonly #cursors = new Map<StreamId, Seq>();
  /** Streams that one has left: only one’s own joining goes on with them. */
  readonly #ended = new Set<StreamId>();
  readonly #me: AccountId;

  constructor(me: AccountId, cursors: Iterable<readonly [StreamId, Seq]> = []) {
    this.#me = me;
    for (const [stream, seq] of cursors) this.#cursors.set(stream, seq);
  }

  /** The cursor to resume from. */
  get cursor(): Cursor {
    return Object.fromEntries(this.#cursors);
  }

  /** All followed streams. */
  get followed(): StreamId[] {
    return [...this.#cursors.keys()];
  }

  at(stream: StreamId): Seq | undefined {
    return this.#cursors.get(stream);
  }

  /** What is to be done with the event; `next` has moved the cursor already. */
  take(event: Event): Verdict {
    const cursor = this.#cursors.get(event.stream);
    const starts = event.type === 'member.joined' && event.data.account === this.#me;
    const ends = this.#ends(event);
    if (cursor === undefined) {
      if (!starts) return 'foreign';
    } else if (event.seq <= cursor) {
      return 'known';
    } else if (event.seq > cursor + 1 && !starts) {
      if (this.#ended.has(event.stream)) return 'foreign';
      if (!ends) return 'hole';
    }
    this.#cursors.set(event.stream, event.seq);
    if (starts) this.#ended.delete(event.stream);
    else if (ends) this.#ended.add(event.stream);
    return 'next';
  }

  /** The same for an event that is of no use, whatever it is: it only has its place. */
  skip(stream: StreamId, seq: Seq): Verdict {
    const cursor = this.#cursors.get(stream);
    if (cursor === undefined) return 'foreign';
    if (seq <= cursor) return 'known';
    if (seq > cursor + 1) return this.#ended.has(stream) ? 'foreign' : 'hole';
    this.#cursors.set(stream, seq);
    return 'next';
  }

  /** Begins to follow, or starts anew, after `seq`. */
  set(stream: StreamId, seq: Seq): void {
    this.#cursors.set(stream, seq);
    this.#ended.delete(stream);
  }

  /** Follows the stream no more. */
  drop(stream: StreamId): void {
    this.#cursors.delete(stream);
    this.#ended.delete(stream);
  }

  #ends(event: Event): boolean {
    if (event.type === 'conversation.deleted') return true;
    return event.type === 'member.left' && event.data.account === this.#me;
  }
}
