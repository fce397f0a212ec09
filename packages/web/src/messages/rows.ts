import type { TimelineMessage } from '@parley/client';
import type { AccountId, Seq } from '@parley/protocol';
import { dayKey, dayName } from '../lib/time.ts';

/** What stands in the list: a message, or something between messages. */
export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly words: string }
  | { readonly kind: 'unread'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: TimelineMessage;
      readonly first: boolean;
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
  const rows: Row[] = [];
  let before: TimelineMessage | null = null;
  let marked = readSeq === null;
  for (const message of messages) {
    const newDay: boolean = !before || dayKey(before.postedAt) !== dayKey(message.postedAt);
    if (newDay)
      rows.push({ kind: 'day', key: `day ${message.postedAt}`, words: dayName(message.postedAt) });
    let newLine = false;
    if (!marked && readSeq !== null && message.seq > readSeq && message.author !== me) {
      rows.push({ kind: 'unread', key: 'unread' });
      marked = true;
      newLine = true;
    }
    const first: boolean =
      newDay ||
      newLine ||
      before?.author !== message.author ||
      Date.parse(message.postedAt) - Date.parse(before.postedAt) > TOGETHER_MS;
    // A message on its way keeps its row when it is stored.
    const key = message.client ?? String(message.seq);
    rows.push({ kind: 'message', key, message, first });
    before = message;
  }
  return rows;
}
