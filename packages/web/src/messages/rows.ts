import type { TimelineMessage } from '@parley/client';
import type { AccountId, Seq } from '@parley/protocol';
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
    };

/** Messages of one author are grouped if they are at most this far apart, ms. */
const GROUP_MS = 5 * 60_000;

/**
 * Returns the rows of a list of messages: separated by day, grouped by author and time, with a line
 * before the first message of another account after `readSeq`.
 */
export function rowsOf(
  messages: readonly TimelineMessage[],
  readSeq: Seq | null,
  me: AccountId | null,
): Row[] {
  return new RowBuilder().build(messages, readSeq, me);
}

/**
 * Builds the rows incrementally. Rows before the first message that changed since the last call are
 * reused, which in a long list is nearly all of them.
 */
export class RowBuilder {
  #messages: readonly TimelineMessage[] = [];
  #rows: Row[] = [];
  /** The number of rows up to and including each message. */
  #ends: number[] = [];
  #readSeq: Seq | null = null;
  #me: AccountId | null = null;

  /** Returns the same rows as {@link rowsOf}, in a new array. */
  build(messages: readonly TimelineMessage[], readSeq: Seq | null, me: AccountId | null): Row[] {
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
        rows.push({ kind: 'day', key: `day ${message.postedAt}`, at: message.postedAt });
      }
      const newLine = !marked && message.seq > (readSeq ?? 0) && message.author !== me;
      if (newLine) marked = true;
      const first =
        newDay ||
        newLine ||
        before?.author !== message.author ||
        Date.parse(message.postedAt) - Date.parse(before.postedAt) > GROUP_MS;
      // A pending message keeps its row when it is stored, so that it stays expanded.
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
