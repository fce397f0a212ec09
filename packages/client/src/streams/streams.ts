import {
  type AccountId,
  type Cursor,
  type Event,
  LIMITS,
  type Seq,
  type StreamId,
  streamOfAccount,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { membershipChange } from './membership.ts';

/** The maximum size of the other fields of a hello: its token, `resend` and the name of the device. */
const HELLO_REST_BYTES = 14 * 1024;

/** Position of an event, for a client that has applied everything up to its cursor. */
export type EventPosition =
  /** It is the next one. */
  | 'next'
  /** It was already applied. */
  | 'known'
  /** Earlier events are missing. */
  | 'gap'
  /** The client is not subscribed to its stream. */
  | 'foreign';

/**
 * Tracks how far each stream was applied: an event is applied if it is the next one, and
 * never otherwise. The account’s own join restarts a stream, its own leave ends it. Both are
 * applied after a gap too, because a former member does not receive what came before the end.
 */
export class Streams {
  readonly #cursors = new Map<StreamId, Seq>();
  /** Streams that the account has left; only its own join continues them. */
  readonly #ended = new Set<StreamId>();
  /**
   * By stream, the last seq at which an ended membership may have started. Frames from the leading tab
   * may be older than the end.
   */
  readonly #departures = new Map<StreamId, Seq>();
  readonly #me: AccountId;

  constructor(me: AccountId, cursors: Iterable<readonly [StreamId, Seq]> = []) {
    this.#me = me;
    for (const [stream, seq] of cursors) this.#cursors.set(stream, seq);
  }

  /** The cursor to resume from. */
  get cursor(): Cursor {
    return Object.fromEntries(this.#cursors);
  }

  /**
   * The cursor for a hello: always with the workspace stream and the personal stream, and with as many
   * others as fit into a frame. Gaps in the rest are filled when the server reports their heads.
   */
  get helloCursor(): Cursor {
    const own = [WORKSPACE_STREAM, streamOfAccount(this.#me)];
    const cursor: Record<string, Seq> = {};
    let bytes = HELLO_REST_BYTES;
    for (const stream of [...own, ...this.#cursors.keys()]) {
      const seq = this.#cursors.get(stream);
      if (seq === undefined || stream in cursor) continue;
      // Including quotes, colon and comma.
      bytes += stream.length + String(seq).length + 4;
      if (bytes > LIMITS.frameBytes) break;
      cursor[stream] = seq;
    }
    return cursor;
  }

  /** All streams that the client is subscribed to. */
  get subscribed(): StreamId[] {
    return [...this.#cursors.keys()];
  }

  at(stream: StreamId): Seq | undefined {
    return this.#cursors.get(stream);
  }

  /** Returns what to do with the event; for `next`, the cursor has already moved. */
  take(event: Event): EventPosition {
    const cursor = this.#cursors.get(event.stream);
    const membership = membershipChange(event, this.#me);
    const starts = membership === 'starts';
    const ends = membership === 'ends';
    if (cursor === undefined) {
      if (!starts || this.hasLeft(event.stream, event.seq)) return 'foreign';
    } else if (event.seq <= cursor) {
      return 'known';
    } else if (event.seq > cursor + 1 && !starts) {
      if (this.#ended.has(event.stream)) return 'foreign';
      if (!ends) return 'gap';
    }
    this.#cursors.set(event.stream, event.seq);
    if (starts) this.#ended.delete(event.stream);
    else if (ends) this.#ended.add(event.stream);
    return 'next';
  }

  /** Like `take`, for an event that cannot be processed: only moves the cursor. */
  skip(stream: StreamId, seq: Seq): EventPosition {
    const cursor = this.#cursors.get(stream);
    if (cursor === undefined) return 'foreign';
    if (seq <= cursor) return 'known';
    if (seq > cursor + 1) return this.#ended.has(stream) ? 'foreign' : 'gap';
    this.#cursors.set(stream, seq);
    return 'next';
  }

  /** Starts or restarts the stream after `seq`. */
  set(stream: StreamId, seq: Seq): void {
    this.#cursors.set(stream, seq);
    this.#ended.delete(stream);
  }

  /** Removes the stream: the account has left it. */
  drop(stream: StreamId): void {
    const cursor = this.#cursors.get(stream);
    if (cursor !== undefined) this.leave(stream, cursor);
    this.#cursors.delete(stream);
    this.#ended.delete(stream);
  }

  /** Records that the account’s membership that began at or before `seq` has ended. */
  leave(stream: StreamId, seq: Seq): void {
    if (!this.hasLeft(stream, seq)) this.#departures.set(stream, seq);
  }

  /** Returns whether the account’s membership that began at `joined` is known to have ended. */
  hasLeft(stream: StreamId, joined: Seq): boolean {
    return joined <= (this.#departures.get(stream) ?? -1);
  }

  /** Removes everything: the streams start over. */
  clear(): void {
    this.#cursors.clear();
    this.#ended.clear();
    this.#departures.clear();
  }
}
