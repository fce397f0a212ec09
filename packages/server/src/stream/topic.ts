import type { AccountId, Seq, StreamId } from '@parley/protocol';
import type { Follower } from './follower.ts';
import { peek, type StoredEvent } from './record.ts';
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
  readonly tail = new Tail(TAIL_BYTES);
  readonly live = new Set<Follower>();
  readonly behind = new Set<Follower>();
  head: Seq;
  /** The highest seq that anybody has told of; over `head` while a hole is being filled. */
  heard: Seq;
  filling: Promise<void> | null = null;
  /** Ranges that came before what lies between the head and them: it is given a moment to come. */
  early: (readonly StoredEvent[])[] = [];
  patience: NodeJS.Timeout | null = null;

  constructor(stream: StreamId, head: Seq) {
    this.stream = stream;
    this.head = head;
    this.heard = head;
  }

  /** Whether nobody follows any more. */
  get empty(): boolean {
    return this.live.size === 0 && this.behind.size === 0;
  }

  /** Puts the follower where its cursor says. */
  place(follower: Follower): void {
    const isLive =
      follower.sent === this.head && follower.last === null && !follower.sink.congested;
    (isLive ? this.behind : this.live).delete(follower);
    (isLive ? this.live : this.behind).add(follower);
  }

  /** Forgets the follower. */
  remove(follower: Follower): void {
    this.live.delete(follower);
    this.behind.delete(follower);
  }

  /** Hands on events that continue the head. Those who leave see their leaving and no more. */
  advance(events: readonly StoredEvent[]): void {
    let from = 0;
    for (const [i, event] of events.entries()) {
      if (!isClosing(event)) continue;
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
    // What somebody has taken back is not to be had from memory either.
    if (chunk.events.some((e) => e.type === 'message.deleted')) this.tail.clear();
    for (const follower of this.live) {
      const { sink } = follower;
      if (sink.congested) {
        this.live.delete(follower);
        this.behind.add(follower);
        sink.wake(follower);
        continue;
      }
      sink.write(chunk.frames);
      follower.sent = chunk.last;
      if (follower.isPersonal) sink.personal(chunk.events);
    }
  }

  #close(event: StoredEvent): void {
    const leaving = [...this.live, ...this.behind].filter(
      (f) => f.last === null && closes(event, f.sink.account),
    );
    for (const follower of leaving) {
      if (!follower.isOfPresentStay(event.seq)) {
        // Whoever was not live at it is brought past it by the catching up.
        if (!this.live.has(follower)) continue;
        follower.advance(event.seq);
        if (follower.sent === event.seq) continue;
      } else {
        follower.last = event.seq;
      }
      this.live.delete(follower);
      this.behind.add(follower);
      follower.sink.wake(follower);
    }
  }
}

/** Whether the event ends somebody’s membership. */
function isClosing(event: StoredEvent): boolean {
  return event.type === 'member.left' || event.type === 'conversation.deleted';
}

/** Whether the event is the last of its stream that the account may see. */
export function closes(event: StoredEvent, account: AccountId): boolean {
  if (event.type === 'conversation.deleted') return true;
  return event.type === 'member.left' && peek(event).account === account;
}
