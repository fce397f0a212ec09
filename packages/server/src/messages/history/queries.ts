import type { AccountId, ConversationId, Event, Message, Seq, StreamId } from '@parley/protocol';
import type { Pool } from 'pg';
import { isGuest } from '../../permissions/guests.ts';
import { timestamp } from '../../storage/sql.ts';
import {
  boundsOf,
  HAS_NOT_EXPIRED,
  type History,
  type PageRow,
  pageOf,
  pageSide,
  type TimedHistoryRequest,
} from './history-page.ts';
import { isInConversation, MESSAGE, messageBytes } from './message-sql.ts';
import { PAGE_BYTES } from './page-bytes.ts';
import { seqAt } from './seq-at.ts';

/**
 * Reads messages in their current state, for members only. A member reads the whole history of a
 * conversation, including messages from before it joined; a former member reads nothing. Each
 * function is one statement, so the messages contain exactly the events up to `asOf`.
 */

/** SQL: whether a message belongs to the pages of the conversation $2. */
const IN_HISTORY = `${isInConversation('messages')} and ${HAS_NOT_EXPIRED}`;

/** Returns a page of history, without replies that are only in threads; null when the account is not a member. */
export async function history(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  { aroundTime, ...request }: TimedHistoryRequest,
): Promise<History | null> {
  const around =
    aroundTime === undefined
      ? request.around
      : ((await seqAt(pool, conversation, aroundTime)) ?? undefined);
  const page = boundsOf({ ...request, around });
  const { rows } = await pool.query<PageRow>({
    name: 'messages-history',
    text: `
      select s.last_seq, older.items as older, older.found as older_found,
        newer.items as newer, newer.found as newer_found
      from memberships m
      join streams s on s.id = m.conversation_id
      cross join lateral ${pageSide('older', '$3', '$4', IN_HISTORY)} older
      cross join lateral ${pageSide('newer', '$3', '$5', IN_HISTORY)} newer
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, page.at, page.older + 1, page.newer + 1],
  });
  const [row] = rows;
  return row ? pageOf(row, page) : null;
}

/** Returns a message; null when the account is not a member, undefined when it does not exist. */
export async function messageFor(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  seq: Seq,
): Promise<Message | null | undefined> {
  const { rows } = await pool.query<{ item: Message | null }>({
    name: 'messages-one',
    text: `
      select case when g.seq is not null then ${MESSAGE} end as item
      from memberships m
      left join messages g on g.conversation_id = m.conversation_id and g.seq = $3
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, seq],
  });
  const [row] = rows;
  return row ? (row.item ?? undefined) : null;
}

/** A page of pinned messages, and the seq of the pin from which the next one continues, if there is one. */
export interface PinnedPage {
  readonly items: Message[];
  readonly next: Seq | null;
}

/**
 * Returns the pinned messages that were pinned before a seq, the last pin first; null when the account is not a
 * member. A page of long messages ends early.
 */
export async function pinnedMessages(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  before: Seq | null = null,
): Promise<PinnedPage | null> {
  const { rows } = await pool.query<{ items: Message[]; last: Seq | null; found: number }>({
    name: 'messages-pinned-list',
    // `bytes_before` are the bytes of the messages before one.
    text: `
      select p.items, p.last, p.found
      from memberships m
      cross join lateral (
        select coalesce(json_agg(${MESSAGE} order by g.pin_seq desc)
                        filter (where g.bytes_before < ${PAGE_BYTES}), '[]') as items,
          min(g.pin_seq) filter (where g.bytes_before < ${PAGE_BYTES}) as last,
          count(*)::int as found
        from (
          select g.*, pin.seq as pin_seq,
            coalesce(sum(${messageBytes('g')}) over (
              order by pin.seq desc rows between unbounded preceding and 1 preceding), 0)
              as bytes_before
          from pins pin
          join messages g on g.conversation_id = pin.conversation_id and g.seq = pin.message_seq
          where pin.conversation_id = m.conversation_id and pin.seq < $3) g
      ) p
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, before ?? Number.MAX_SAFE_INTEGER],
  });
  const [row] = rows;
  if (!row) return null;
  return { items: row.items, next: row.found > row.items.length ? row.last : null };
}

/** Events of a stream; `lastSeq` is the last seq that the account may see. */
export interface EventsOfStream {
  readonly items: Event[];
  readonly lastSeq: Seq;
}

/**
 * Returns the events after `after` that the account may see: all events of the workspace stream, unless
 * it is a guest, and of its personal stream; of a conversation those of its membership periods, or for a former member
 * only the event that ended the last one. Null when the account may not read the stream.
 */
export async function eventsFor(
  pool: Pool,
  account: AccountId,
  stream: StreamId,
  { after, limit }: { after: number; limit: number },
): Promise<EventsOfStream | null> {
  const { rows } = await pool.query<{ last_seq: Seq | null; items: Event[] }>({
    name: 'messages-events',
    text: `
      with covered as materialized (
        select 1::int8 as first, s.last_seq as last
        from streams s
        where s.id = $2 and (s.kind = 'workspace' and not ${isGuest('$1')}
                             or s.kind = 'personal' and s.id = $1)
        union all
        select case when m.is_member then m.joined_seq else m.left_seq end,
               coalesce(m.left_seq, s.last_seq)
        from (
          select conversation_id, joined_seq, left_seq,
                 bool_or(left_seq is null) over () as is_member,
                 max(left_seq) over () as last_left
          from memberships
          where account_id = $1 and conversation_id = $2
        ) m
        join streams s on s.id = m.conversation_id
        where m.is_member or m.left_seq = m.last_left
      )
      select (select max(last) from covered) as last_seq,
        (select coalesce(json_agg(json_build_object(
           'op', 'event',
           'stream', e.stream_id,
           'seq', e.seq,
           'type', e.type,
           'at', ${timestamp('e.at')},
           'actor', e.actor_id,
           'client', e.client_id,
           'data', e.data) order by e.seq), '[]')
         from (
           -- A page of long events ends early, but not before its first event.
           select *, sum(octet_length(data::text)) over (order by seq)
                     - octet_length(data::text) as bytes_before
           from (
             -- Membership periods are disjoint and few: merge the first rows of each.
             select e.* from covered c
             cross join lateral (
               select * from events e
               where e.stream_id = $2 and e.seq between greatest(c.first, $3::int8 + 1) and c.last
               order by e.seq limit $4
             ) e
             order by e.seq limit $4
           ) page
         ) e
         where e.bytes_before < ${PAGE_BYTES}) as items`,
    values: [account, stream, after, limit],
  });
  const [row] = rows;
  if (!row || row.last_seq === null) return null;
  return { items: row.items, lastSeq: row.last_seq };
}
