import type { Message, Seq } from '@parley/protocol';
import { MESSAGE, messageBytes } from './message-sql.ts';
import { PAGE_BYTES } from './page-bytes.ts';

/** Pages of messages of a conversation or thread, before and after a position. */

/** A page of history: messages by seq. */
export interface History {
  readonly items: Message[];
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  /** The last seq of the stream when the page was read: the items contain all events up to it. */
  readonly asOf: Seq;
}

/** Selects a page: before, after or around a seq; by default the latest messages. */
export interface HistoryRequest {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly around?: number | undefined;
  readonly limit: number;
}

/** Selects a page by its position, or around the first message at a time. */
export interface TimedHistoryRequest extends HistoryRequest {
  readonly aroundTime?: string | undefined;
}

/** How many messages to read before `at`, and how many from `at` on. */
interface PageBounds {
  readonly at: number;
  readonly older: number;
  readonly newer: number;
}

/** Returns how many messages a request selects on each side. */
export function boundsOf({ before, after, around, limit }: HistoryRequest): PageBounds {
  if (before !== undefined) return { at: before, older: limit, newer: 0 };
  if (after !== undefined) return { at: after + 1, older: 0, newer: limit };
  if (around !== undefined) {
    const older = Math.floor(limit / 2);
    return { at: around, older, newer: limit - older };
  }
  return { at: Number.MAX_SAFE_INTEGER, older: limit, newer: 0 };
}

/** The result of the statement of a page. */
export interface PageRow {
  last_seq: Seq;
  older: Message[];
  /** The number of older messages that were read: one more than wanted, if there are that many. */
  older_found: number;
  newer: Message[];
  newer_found: number;
}

/**
 * SQL: whether a message of the conversation $2 has not expired. Nothing is left before the seq up
 * to which retention has deleted everything.
 */
export const HAS_NOT_EXPIRED = `seq > coalesce(
  (select p.up_to from retention_progress p where p.conversation_id = $2), 0)`;

/**
 * SQL: at most `limit` of the messages of the membership `m` that meet a condition, on one side of the
 * seq `at`. One more than wanted shows whether there are more. `bytes_before` are the bytes of the messages
 * that are closer to the position.
 */
export const pageSide = (side: 'older' | 'newer', at: string, limit: string, condition: string) => {
  const order = side === 'older' ? 'order by seq desc' : 'order by seq';
  return `(
    select coalesce(json_agg(${MESSAGE} order by g.seq)
                    filter (where g.bytes_before < ${PAGE_BYTES}), '[]') as items,
      count(*)::int as found
    from (
      select *, sum(bytes) over (${order}) - bytes as bytes_before
      from (
        select *, ${messageBytes('page')} as bytes
        from (
          select * from messages
          where conversation_id = m.conversation_id and seq ${side === 'older' ? '<' : '>='} ${at}
            and ${condition}
          ${order} limit ${limit}) page) measured) g
  )`;
};

/** Returns the page that a row makes, without the extra messages. */
export function pageOf(row: PageRow, { older, newer }: PageBounds): History {
  // A page of long messages ends early, on the side that is farther from the position.
  const before = row.older.length > older ? row.older.slice(1) : row.older;
  const from = row.newer.slice(0, newer);
  return {
    items: [...before, ...from],
    hasOlder: row.older_found > before.length,
    hasNewer: row.newer_found > from.length,
    asOf: row.last_seq,
  };
}
