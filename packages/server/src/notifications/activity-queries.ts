import {
  type AccountId,
  type ActivityItem,
  type ActivityKind,
  type ActivityUnread,
  LIMITS,
} from '@parley/protocol';
import { threadState } from '../messages/threads/thread-cursor-sql.ts';
import type { Queryable } from '../storage/queryable.ts';
import { timestamp } from '../storage/sql.ts';
import { activity } from './activity-sql.ts';
import { hasNotBlocked } from './has-not-blocked.ts';

/** Characters of a message in an item. */
const EXCERPT = 300;
/** The highest number of reactions and replies that is counted. */
const COUNT_MAX = LIMITS.unreadMax;

/** A position in the list of the activity: after an item. */
export interface ActivityPosition {
  /** In microseconds, as stored, so that items of one millisecond have an order. */
  readonly at: string;
  readonly id: string;
}

/** What to list. */
export interface ActivityRequest {
  readonly after: ActivityPosition | null;
  readonly limit: number;
  readonly kinds: readonly ActivityKind[] | null;
  readonly isUnreadOnly: boolean;
}

/** SQL: the kind of an item of the activity. */
const KIND = `case source when 'everyone' then 'mention' when 'here' then 'mention' else source end`;

/**
 * SQL: whether `r` is a reaction of others to the message of the item `i`. Blocked users are not
 * counted.
 */
const OF_OTHERS = `r.conversation_id = i.conversation and r.message_seq = i.message
  and r.account_id <> $1 and ${hasNotBlocked('$1', 'r.account_id')}`;

/**
 * SQL: whether the message `of` is a reply of others in the thread of the item `i`. Blocked users
 * are not counted.
 */
const isReplyOfOthers = (of: string) =>
  `${of}.conversation_id = i.conversation and ${of}.thread = i.message
   and ${of}.author_id <> $1 and ${of}.deleted_at is null and ${hasNotBlocked('$1', `${of}.author_id`)}`;

/** SQL: the reactions of others to the message of the item `i`: how many, by whom, and with what. */
const REACTIONS = `(
  select least(count(*), ${COUNT_MAX})::int as count,
    array(select account_id from reactions r where ${OF_OTHERS}
          group by account_id order by max(seq) desc limit ${LIMITS.activityActors}) as actors,
    array(select emoji from reactions r where ${OF_OTHERS}
          group by emoji order by max(seq) desc limit ${LIMITS.activityActors}) as emojis
  from reactions r
  where ${OF_OTHERS}
)`;

/** SQL: the replies of others in the thread of the item `i`: the unread ones, or else the latest one. */
const REPLIES = `(
  select least(count(*) filter (where t.seq > state.read_seq), ${COUNT_MAX})::int as count,
    coalesce(min(t.seq) filter (where t.seq > state.read_seq), max(t.seq)) as message,
    array(select author_id from (
      select l.author_id, l.seq from messages l
      where ${isReplyOfOthers('l')}
      order by l.seq desc limit ${COUNT_MAX}) latest
      group by author_id order by max(seq) desc limit ${LIMITS.activityActors}) as actors
  from ${threadState('$1::uuid', 'i.conversation', 'i.message')} state
  left join lateral (
    select t.seq from messages t
    where ${isReplyOfOthers('t')}
    order by t.seq desc limit ${COUNT_MAX}) t on true
  group by state.read_seq
)`;

/** SQL: whether the item `i` shows the beginning of its message `g`. */
const HAS_EXCERPT = `(i.kind in ('mention', 'reply', 'reaction', 'reminder') and g.body <> ''
    and g.deleted_at is null)`;

/** SQL: the item `i` as an `ActivityItem`. Its message is `g`. */
const ITEM = `json_build_object(
  'id', i.id,
  'seq', i.seq,
  'kind', i.kind,
  'at', ${timestamp('i.at')},
  'isRead', i.is_read,
  'actor', coalesce(r.actors[1], t.actors[1], i.actor),
  'conversation', i.conversation,
  'message', case when i.kind <> 'added' then coalesce(t.message, i.message) end,
  'thread', case when i.kind = 'reply' then i.message else i.thread end,
  'excerpt', case when ${HAS_EXCERPT} then left(g.body, ${EXCERPT}) end,
  'mentions', case when ${HAS_EXCERPT} then coalesce(g.mentions, '[]') else '[]' end,
  'mention', case i.source when 'mention' then 'name' when 'here' then 'here'
    when 'everyone' then 'everyone' end,
  'count', coalesce(r.count, t.count, 1),
  'actors', coalesce(r.actors, t.actors, '{}'),
  'emojis', coalesce(r.emojis, '{}'),
  'resolution', case when i.kind = 'report' then (
    select resolution from reports where id = substr(i.id, 8)::uuid) end)`;

/** Returns a page of the activity of an account, the latest first. */
export async function activityOfAccount(
  pool: Queryable,
  account: AccountId,
  { after, limit, kinds, isUnreadOnly }: ActivityRequest,
): Promise<{ items: ActivityItem[]; next: ActivityPosition | null }> {
  const { rows } = await pool.query<{ item: ActivityItem; position: string }>({
    name: isUnreadOnly ? 'activity-list-unread' : 'activity-list',
    text: `
      select ${ITEM} as item,
        to_char(i.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position
      from (
        select a.*, ${KIND} as kind from (${activity(isUnreadOnly)}) a
        order by a.at desc, a.id collate "C" desc
        limit $4
      ) i
      left join lateral ${REACTIONS} r on i.kind = 'reaction'
      left join lateral ${REPLIES} t on i.kind = 'reply'
      left join messages g on g.conversation_id = i.conversation
        and g.seq = coalesce(t.message, i.message)
      order by i.at desc, i.id collate "C" desc`,
    values: [account, after?.at ?? null, after?.id ?? null, limit + 1, kinds],
  });
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ item }) => item),
    next: rows.length > limit && last ? { at: last.position, id: last.item.id } : null,
  };
}

/** Returns how many items of the activity of an account are unread, up to a limit, and its read version. */
export async function unreadActivity(pool: Queryable, account: AccountId): Promise<ActivityUnread> {
  const { rows } = await pool.query<ActivityUnread>({
    name: 'activity-unread',
    text: `
      select o.read_version as "readVersion", (
        select count(*)::int from (
          select from (${activity(true)}) a limit ${LIMITS.unreadMax}) unread) as unread
      from accounts o where o.id = $1`,
    values: [account, null, null, LIMITS.unreadMax, null],
  });
  return rows[0] ?? { unread: 0, readVersion: 0 };
}
