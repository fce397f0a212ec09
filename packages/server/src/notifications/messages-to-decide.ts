import type { AccountId, ConversationId, Mention, Seq } from '@parley/protocol';
import type pg from 'pg';
import type { Queryable } from '../storage/queryable.ts';
import { accountsOfAllMessages } from './current-settings.ts';

/** Reads the messages to decide about, and the progress of decisions in each conversation. */

/** The highest number of events of one conversation per transaction. */
const EVENTS_MAX = 500;
/** Events whose messages are in memory at a time, unless a conversation alone has more. */
const EVENTS_AT_ONCE = 500;
/** Conversations found by one search. */
const BEHIND_MAX = 500;

/** A message to decide about. */
export interface MessageToDecide {
  readonly conversation: ConversationId;
  readonly seq: Seq;
  readonly author: AccountId;
  readonly isDirect: boolean;
  readonly thread: Seq | null;
  readonly isOnlyInThread: boolean;
  readonly isDeleted: boolean;
  readonly mentions: readonly Mention[] | null;
  /** Empty while no account has keywords. */
  readonly body: string;
}

/** The range of events of a conversation that a transaction processes. */
export interface Range {
  readonly conversation: ConversationId;
  readonly after: Seq;
  readonly upTo: Seq;
  readonly hasMore: boolean;
}

/**
 * Advances the progress of conversations, and locks it until the end of the transaction: another
 * node that decides about them waits, and continues from there. Seqs become visible in order, so no
 * uncommitted event is skipped.
 */
export async function advance(
  client: pg.ClientBase,
  conversations: readonly ConversationId[],
): Promise<Range[]> {
  const ranges = await move(client, conversations);
  const moved = new Set(ranges.map((range) => range.conversation));
  const others = conversations.filter((id) => !moved.has(id));
  if (others.length === 0) return ranges;
  // New conversations have no progress yet.
  const { rowCount } = await client.query({
    name: 'notifications-progress-begin',
    text: `insert into notification_progress (conversation_id, seq)
           select s.id, 0 from streams s
           where s.id = any($1) and s.kind = 'conversation'
             and not exists (select from notification_progress p where p.conversation_id = s.id)
           order by s.id
           on conflict do nothing`,
    values: [others],
  });
  return rowCount ? [...ranges, ...(await move(client, others))] : ranges;
}

async function move(
  client: pg.ClientBase,
  conversations: readonly ConversationId[],
): Promise<Range[]> {
  const { rows } = await client.query<Range>({
    name: 'notifications-progress-move',
    text: `with locked as materialized (
             select conversation_id, seq from notification_progress
             where conversation_id = any($1)
             order by conversation_id
             for update
           )
           update notification_progress p
           set seq = least(s.last_seq, l.seq + ${EVENTS_MAX})
           from locked l join streams s on s.id = l.conversation_id
           where p.conversation_id = l.conversation_id and s.last_seq > l.seq
           returning p.conversation_id as conversation, l.seq as after, p.seq as "upTo",
             p.seq < s.last_seq as "hasMore"`,
    values: [conversations],
  });
  return rows;
}

/**
 * Returns the messages in ranges of events that may concern single accounts. Messages that concern
 * all members alike are filtered by the query: a plain message of a group costs one row read,
 * unless a member with a device chose all messages of the group.
 */
export async function messagesIn(
  client: pg.ClientBase,
  ranges: readonly Range[],
): Promise<MessageToDecide[]> {
  const { rows } = await client.query<MessageToDecide>({
    name: 'notifications-messages',
    text: `${MESSAGES}
           -- “offset 0” keeps the order: what is of a range once for each, then its messages by its bounds. Joined
           -- freely, the database reads all messages of the conversation while its statistics are old.
           from (
             select r.*, c.kind, exists (${accountsOfAllMessages('r.id')}) as is_wanted
             from unnest($1::uuid[], $2::int8[], $3::int8[]) r (id, after, up_to)
             join conversations c on c.id = r.id
             offset 0) c
           cross join keywords k
           cross join lateral (
             select * from messages g
             where g.conversation_id = c.id and g.seq > c.after and g.seq <= c.up_to
             offset 0) g
           where c.kind = 'direct' or g.thread is not null or g.mentions is not null or k.exist
             or c.is_wanted`,
    values: [
      ranges.map((r) => r.conversation),
      ranges.map((r) => r.after),
      ranges.map((r) => r.upTo),
    ],
  });
  return rows;
}

/** SQL: messages to decide about; `k` says whether any account has keywords. */
const MESSAGES = `
  with keywords as materialized (
    select exists (select from notification_keywords) as exist
  )
  select g.conversation_id as conversation, g.seq, g.author_id as author,
    c.kind = 'direct' as "isDirect", g.thread,
    g.thread is not null and not g.also_in_conversation as "isOnlyInThread",
    (g.deleted_at is not null or g.hidden_at is not null) as "isDeleted", g.mentions,
    case when k.exist then g.body else '' end as body`;

/** Returns the current state of single messages, each once. Deleted ones are left out. */
export async function messagesAt(
  client: Queryable,
  places: readonly { readonly conversation: ConversationId; readonly seq: Seq }[],
): Promise<MessageToDecide[]> {
  const { rows } = await client.query<MessageToDecide>({
    name: 'notifications-messages-at',
    text: `${MESSAGES}
           from (select distinct id, seq from unnest($1::uuid[], $2::int8[]) r (id, seq)) r
           join conversations c on c.id = r.id and c.deleted_at is null
           cross join keywords k
           -- “offset 0”: each is found by its whole key.
           cross join lateral (
             select * from messages g where g.conversation_id = r.id and g.seq = r.seq offset 0) g`,
    values: [places.map((p) => p.conversation), places.map((p) => p.seq)],
  });
  return rows;
}

/** Splits ranges so that the messages of each part fit into memory, whatever their length. */
export function splitRanges(ranges: readonly Range[]): Range[][] {
  const parts: Range[][] = [];
  let events = Number.POSITIVE_INFINITY;
  for (const range of ranges) {
    const size = range.upTo - range.after;
    if (events + size > EVENTS_AT_ONCE) {
      parts.push([]);
      events = 0;
    }
    parts.at(-1)?.push(range);
    events += size;
  }
  return parts;
}

/**
 * Returns conversations with undecided events, for instance left by a killed node, except the given
 * ones.
 */
export async function conversationsBehind(
  pool: pg.Pool,
  without: readonly ConversationId[] = [],
): Promise<ConversationId[]> {
  const { rows } = await pool.query<{ id: ConversationId }>({
    name: 'notifications-behind',
    text: `select s.id from streams s
           left join notification_progress p on p.conversation_id = s.id
           where s.kind = 'conversation' and s.last_seq > coalesce(p.seq, 0)
             and s.id <> all($1::uuid[])
           limit ${BEHIND_MAX}`,
    values: [without],
  });
  return rows.map((row) => row.id);
}
