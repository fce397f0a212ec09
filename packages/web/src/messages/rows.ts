import type { TimelineMessage } from '@parley/client';
import type { AccountId, Seq } from '@parley/protocol';
import { dayKey, dayName } from '../lib/time.ts';

/** What stands in the list: a message, or something between messages. */
export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly description: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: TimelineMessage;
      readonly first: boolean;
      /** Whether the line “New” stands above it. It is no row of its own, so that no index moves. */
      readonly isFirstUnread: boolean;
    };

/** Messages of one author stand together when they are closer than this, ms. */
const TOGETHER_MS = 5 * 60_000;

/**
 * The rows of a list of messages: separated by days, grouped by author and time, with a line before
 * the first message of others after `readSeq` (the cursor when the conversation was opened).
 */
export function rowsOf(
  messages: readonly TimelineMessage[],
  readSeq: Seq | null,
  me: AccountId | null,
): Row[] {
  return new RowMaker().of(messages, readSeq, me);
}

/**
 * Makes the rows again and again while messages come. What stands before the first message that is
 * another one than last time is not made anew: in a long list that is nearly everything.
 */
export class RowMaker {
  #messages: readonly TimelineMessage[] = [];
  #rows: Row[] = [];
  /** How many rows there were after each message. */
  #ends: number[] = [];
  #readSeq: Seq | null = null;
  #me: AccountId | null = null;

  /** The rows of these messages, as {@link rowsOf} says; an array of its own each time. */
  of(messages: readonly TimelineMessage[], readSeq: Seq | null, me: AccountId | null): Row[] {
    let same = 0;
    if (readSeq === this.#readSeq && me === this.#me) {
      const most = Math.min(messages.length, this.#messages.length);
      while (same < most && messages[same] === this.#messages[same]) same++;
    }
    const rows = this.#rows.slice(0, same === 0 ? 0 : this.#ends[same - 1]);
    const ends = this.#ends.slice(0, same);
    let marked =
      readSeq === null || rows.some((row) => row.kind === 'message' && row.isFirstUnread);
    let before = messages[same - 1] ?? null;
    for (let i = same; i < messages.length; i++) {
      const message = messages[i] as TimelineMessage;
      const newDay = !before || dayKey(before.postedAt) !== dayKey(message.postedAt);
      if (newDay) {
        rows.push({
          kind: 'day',
          key: `day ${message.postedAt}`,
          description: dayName(message.postedAt),
        });
      }
      const newLine = !marked && message.seq > (readSeq ?? 0) && message.author !== me;
      if (newLine) marked = true;
      const first =
        newDay ||
        newLine ||
        before?.author !== message.author ||
        Date.parse(message.postedAt) - Date.parse(before.postedAt) > TOGETHER_MS;
      // A message on its way keeps its row when it is stored.
      const key = message.client ?? String(message.seq);
      rows.push({ kind: 'message', key, message, first, isFirstUnread: newLine });
      ends.push(rows.length);
      before = message;
    }
    this.#messages = messages;
    this.#rows = rows;
    this.#ends = ends;
    this.#readSeq = readSeq;
    this.#me = me;
    return rows;
  }
}
