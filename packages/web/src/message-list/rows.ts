import type { TimelineMessage } from '@parley/client';
import type { AccountId, Seq, TimelineEvent } from '@parley/protocol';
import { dayKey } from '../lib/time.ts';

/** A row of the list: a message or a day separator. */
export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly at: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: TimelineMessage;
      readonly first: boolean;
      /** Whether the line “New” is drawn above it. The line is not a row, so that indexes stay stable. */
      readonly isFirstUnread: boolean;
      /** The timeline events that are shown above it: of the same day, or before the first message. They are no rows either. */
      readonly eventsBefore?: readonly TimelineEvent[];
      /** The timeline events that are shown below it: the next message is of another day, or there is none. */
      readonly eventsAfter?: readonly TimelineEvent[];
    };

/** Messages of one author are grouped if they are at most this far apart, ms. */
const GROUP_MS = 5 * 60_000;

const NO_EVENTS: readonly TimelineEvent[] = [];

/**
 * Returns the rows of a list of messages: separated by day, grouped by author and time, with a line
 * before the first message of another account after `readSeq`, and with the timeline events between the messages.
 */
export function rowsOf(
  messages: readonly TimelineMessage[],
  readSeq: Seq | null,
  me: AccountId | null,
  events: readonly TimelineEvent[] = NO_EVENTS,
): Row[] {
  return new RowBuilder().build(messages, readSeq, me, events);
}

/**
 * Builds the rows incrementally. Rows before the first message that changed since the last call are
 * reused, which in a long list is nearly all of them.
 */
export class RowBuilder {
  #messages: readonly TimelineMessage[] = [];
  #events: readonly TimelineEvent[] = NO_EVENTS;
  #rows: Row[] = [];
  /** The number of rows up to and including each message. */
  #ends: number[] = [];
  #readSeq: Seq | null = null;
  #me: AccountId | null = null;

  /** Returns the same rows as {@link rowsOf}, in a new array. */
  build(
    messages: readonly TimelineMessage[],
    readSeq: Seq | null,
    me: AccountId | null,
    events: readonly TimelineEvent[] = NO_EVENTS,
  ): Row[] {
    let same = 0;
    if (readSeq === this.#readSeq && me === this.#me && events === this.#events) {
      const most = Math.min(messages.length, this.#messages.length);
      while (same < most && messages[same] === this.#messages[same]) same++;
      // The events that are shown below a message depend on the one after it.
      if (same > 0 && events.length > 0) same--;
    }
    const rows = this.#rows.slice(0, same === 0 ? 0 : this.#ends[same - 1]);
    const ends = this.#ends.slice(0, same);
    let marked =
      readSeq === null || rows.some((row) => row.kind === 'message' && row.isFirstUnread);
    let before = messages[same - 1] ?? null;
    let event = firstAfter(events, lastSeqOf(rows.at(-1)));
    for (let i = same; i < messages.length; i++) {
      const message = messages[i] as TimelineMessage;
      const newDay = !before || dayKey(before.postedAt) !== dayKey(message.postedAt);
      if (newDay) {
        // Events before the first message may be of an earlier day, which they are shown below.
        const earlier = events[event];
        const isEarlier = !before && earlier !== undefined && earlier.seq < message.seq;
        const at = isEarlier ? earlier.at : message.postedAt;
        rows.push({ kind: 'day', key: `day ${message.postedAt}`, at });
      }
      const newLine = !marked && message.seq > (readSeq ?? 0) && message.author !== me;
      if (newLine) marked = true;
      // Those of an earlier day than the first message have no other place.
      const eventsBefore = [];
      for (; (events[event]?.seq ?? message.seq) < message.seq; event++) {
        eventsBefore.push(events[event] as TimelineEvent);
      }
      const eventsAfter = [];
      const next = messages[i + 1];
      for (; event < events.length; event++) {
        const { seq, at } = events[event] as TimelineEvent;
        if (next && (seq > next.seq || dayKey(at) === dayKey(next.postedAt))) break;
        eventsAfter.push(events[event] as TimelineEvent);
      }
      const first =
        newDay ||
        newLine ||
        eventsBefore.length > 0 ||
        before?.author !== message.author ||
        Date.parse(message.postedAt) - Date.parse(before.postedAt) > GROUP_MS;
      // A pending message keeps its row when it is stored, so that it stays expanded.
      const key = message.client ?? String(message.seq);
      rows.push({
        kind: 'message',
        key,
        message,
        first,
        isFirstUnread: newLine,
        ...(eventsBefore.length > 0 && { eventsBefore }),
        ...(eventsAfter.length > 0 && { eventsAfter }),
      });
      ends.push(rows.length);
      before = message;
    }
    this.#messages = messages;
    this.#events = events;
    this.#rows = rows;
    this.#ends = ends;
    this.#readSeq = readSeq;
    this.#me = me;
    return rows;
  }
}

/** Returns the index of the first event after a seq. */
function firstAfter(events: readonly TimelineEvent[], seq: number): number {
  const index = events.findIndex((event) => event.seq > seq);
  return index < 0 ? events.length : index;
}

/** Returns the last seq that a row shows. */
function lastSeqOf(row: Row | undefined): number {
  return row?.kind === 'message' ? (row.eventsAfter?.at(-1)?.seq ?? row.message.seq) : 0;
}
