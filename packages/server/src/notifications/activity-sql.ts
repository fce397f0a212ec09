import { LIMITS, SYSTEM } from '@parley/protocol';
import { threadState } from '../messages/threads/thread-cursor-sql.ts';
import { hasNotBlocked } from './has-not-blocked.ts';
import { isCurrent } from './membership-sql.ts';

/**
 * The activity of account $1 as SQL. Its items are the stored ones, and others that are read from
 * their own tables: mentions of everyone, reminders, resolved reports, scheduled messages that were
 * not sent, and new users. Left out are items that the account can no longer see, and actions of
 * users it has blocked, except a moderator’s deletion of one of its messages.
 */

/** How far the list goes back. */
const SINCE = "now() - interval '90 days'";

/**
 * SQL: whether an item comes after the position $2, $3 (null: the beginning), and is not too old.
 * The second condition is implied by the third, and allows a search in indexes by time.
 */
const isOnPage = (at: string, id: string) => `${at} >= ${SINCE}
  and ${at} <= coalesce($2::timestamptz, 'infinity')
  and ($2::timestamptz is null or (${at}, ${id} collate "C") < ($2, $3::text collate "C"))`;

/** SQL: whether items of a kind are requested; $5 has the kinds, null: all. */
const isWanted = (kind: string) => `($5::text[] is null or ${kind} = any($5))`;

/** SQL: the id of an item about a message. */
const idOf = (kind: string, conversation: string, message: string) =>
  `(${kind} || ':' || ${conversation} || ':' || ${message})`;

/** SQL: the time up to which items without a row of their own count as read. */
export const READ_AT =
  "coalesce((select read_at from activity_cursors where account_id = $1), '-infinity')";

/** SQL: whether the account has read an item that has no row of its own. */
const wasRead = (id: string, seq: string, at: string) =>
  `(${at} <= ${READ_AT}
    or exists (select from activity_reads d
               where d.account_id = $1 and d.item = ${id} and d.seq >= ${seq}))`;

/** SQL: the message `g` is shown in its thread alone. */
const IS_ONLY_IN_THREAD = '(g.thread is not null and not g.also_in_conversation)';

/** SQL: how far the account has read where the message `g` is shown. */
const readWhereShown = (membership: string) =>
  `case when ${IS_ONLY_IN_THREAD} then state.read_seq else ${membership}.read_seq end`;

/**
 * SQL: whether a stored item may still be shown. “limit” makes PostgreSQL look up each item instead
 * of scanning a table for all of them.
 */
const IS_VISIBLE = `case s.kind
  when 'mention' then g.deleted_at is null and ${hasNotBlocked('$1', 'g.author_id')} and (
    select true from mentions n
    where n.account_id = $1 and n.conversation_id = g.conversation_id and n.message_seq = g.seq
    limit 1)
  when 'here' then g.deleted_at is null and ${hasNotBlocked('$1', 'g.author_id')} and g.mentions @> '[{"kind": "here"}]'
  when 'reply' then state.is_following and (
    select true from messages t
    where t.conversation_id = s.conversation_id and t.thread = s.message_seq
      and t.author_id <> $1 and t.deleted_at is null and ${hasNotBlocked('$1', 't.author_id')}
    limit 1)
  when 'reaction' then g.deleted_at is null and (
    select true from reactions r
    where r.conversation_id = g.conversation_id and r.message_seq = g.seq and r.account_id <> $1
      and ${hasNotBlocked('$1', 'r.account_id')}
    limit 1)
  when 'added' then ${hasNotBlocked('$1', 's.actor_id')}
  else true end`;

const STORED_ID = idOf('s.kind', 's.conversation_id', 's.message_seq');

/**
 * SQL: the stored items. “offset 0” makes PostgreSQL look up threads only for items that are in
 * one.
 */
const storedItems = (isUnreadOnly: boolean) => `
  select s.kind as source, ${STORED_ID} as id, s.seq, s.at,
    s.actor_id as actor, s.conversation_id as conversation, s.message_seq as message, g.thread,
    s.is_read or coalesce(case s.kind
      when 'mention' then g.seq <= ${readWhereShown('m')}
      when 'here' then g.seq <= ${readWhereShown('m')}
      when 'reply' then s.seq <= state.read_seq or (
        select true from messages t
        where t.conversation_id = s.conversation_id and t.thread = s.message_seq
          and t.seq > state.read_seq and t.author_id <> $1 and t.deleted_at is null
          and ${hasNotBlocked('$1', 't.author_id')}
        limit 1) is null
      when 'added' then m.read_seq > s.message_seq
    end, false) as is_read
  from (
    select * from activity_items where account_id = $1${isUnreadOnly ? ' and not is_read' : ''}
    order by at desc limit ${LIMITS.activityItems}) s
  join memberships m on m.account_id = $1 and m.conversation_id = s.conversation_id
    and ${isCurrent('m')}
  join conversations c on c.id = s.conversation_id and c.deleted_at is null
  left join messages g on g.conversation_id = s.conversation_id and g.seq = s.message_seq
  left join lateral (
    select t.* from ${threadState('$1::uuid', 's.conversation_id', 'coalesce(g.thread, s.message_seq)')} t
    where s.kind = 'reply' or g.thread is not null
    offset 0) state on true
  where ${isWanted("case s.kind when 'here' then 'mention' else s.kind end")}
    and ${isOnPage('s.at', STORED_ID)} and ${IS_VISIBLE}`;

/** SQL: the account has muted the conversation of the membership `m`. */
const IS_MUTED = `exists (
  select from notification_changes v
  where v.account_id = $1 and v.conversation_id = m.conversation_id and v.thread is null
    and v.is_current and v.settings -> 'muted' <> 'null'
    and coalesce((v.settings -> 'muted' ->> 'until')::timestamptz > now(), true))`;

const EVERYONE_ID = idOf("'everyone'", 'g.conversation_id', 'g.seq');

/** SQL: whether the message `g` is unread. */
const isUnreadToEveryone = (isInThread: boolean) => `
  and g.posted_at > ${READ_AT} and g.seq > ${isInThread ? 'state.read_seq' : 'm.read_seq'}
  and not exists (select from activity_reads d
    where d.account_id = $1 and d.item = ${EVERYONE_ID} and d.seq >= g.seq)`;

/** SQL: the mentions of everyone in the conversation of the membership `m`, the latest first. An index has them. */
const everyoneIn = (isInThread: boolean, isUnreadOnly: boolean, limit: string) => `(
  select g.conversation_id, g.seq, g.posted_at, g.author_id, g.thread,
    coalesce(g.seq <= ${isInThread ? 'state.read_seq' : 'm.read_seq'}, false) as is_read
  from messages g
  ${isInThread ? `left join lateral ${threadState('$1::uuid', 'g.conversation_id', 'g.thread')} state on true` : ''}
  where g.conversation_id = m.conversation_id and g.mentions @> '[{"kind": "everyone"}]'
    and ${isInThread ? `${IS_ONLY_IN_THREAD} and state.is_following` : `not ${IS_ONLY_IN_THREAD}`}
    and g.deleted_at is null and g.author_id <> $1 and g.seq >= m.joined_seq
    and ${hasNotBlocked('$1', 'g.author_id')}
    and ${isOnPage('g.posted_at', EVERYONE_ID)}${isUnreadOnly ? isUnreadToEveryone(isInThread) : ''}
    and not exists (select from mentions n
      where n.account_id = $1 and n.conversation_id = g.conversation_id and n.message_seq = g.seq)
  order by g.posted_at desc
  ${limit})`;

/**
 * SQL: the mentions of everyone since the account joined. The latest $4 overall are in the $4
 * conversations with the most recent ones: one index search per membership finds those, and more is
 * read only there.
 */
const everyone = (isInThread: boolean, isUnreadOnly: boolean) => `
  select 'everyone' as source, ${EVERYONE_ID} as id, g.seq, g.posted_at as at, g.author_id as actor,
    g.conversation_id as conversation, g.seq as message, g.thread,
    g.is_read or ${wasRead(EVERYONE_ID, 'g.seq', 'g.posted_at')} as is_read
  from (
    select m.conversation_id, m.joined_seq, m.read_seq
    from memberships m
    join conversations c on c.id = m.conversation_id and c.deleted_at is null
    cross join lateral ${everyoneIn(isInThread, isUnreadOnly, 'limit 1')} latest
    where m.account_id = $1 and m.left_seq is null and not ${IS_MUTED} and ${isWanted("'mention'")}
    order by latest.posted_at desc
    fetch first ($4) rows with ties) m
  cross join lateral ${everyoneIn(isInThread, isUnreadOnly, 'fetch first ($4) rows with ties')} g`;

const REMINDER_ID = idOf("'reminder'", 's.conversation_id', 's.message_seq');

/** SQL: the reminders that were given. */
const REMINDERS = `
  select 'reminder' as source, ${REMINDER_ID} as id, s.seq, s.reminded_at as at, null::uuid as actor,
    s.conversation_id as conversation, s.message_seq as message, g.thread,
    ${wasRead(REMINDER_ID, 's.seq', 's.reminded_at')} as is_read
  from saved_messages s
  join memberships m on m.account_id = $1 and m.conversation_id = s.conversation_id
    and ${isCurrent('m')}
  join messages g on g.conversation_id = s.conversation_id and g.seq = s.message_seq
    and g.deleted_at is null
  where s.account_id = $1 and s.reminded_at is not null
    and ${isWanted("'reminder'")} and ${isOnPage('s.reminded_at', REMINDER_ID)}`;

const REPORT_ID = "('report:' || r.id)";

/** SQL: the resolved reports of the account, without anything from the message itself. */
const REPORTS = `
  select 'report' as source, ${REPORT_ID} as id, 0 as seq, r.resolved_at as at, null::uuid as actor,
    (select m.conversation_id from memberships m
     where m.account_id = $1 and m.conversation_id = r.conversation_id and ${isCurrent('m')}) as conversation,
    case when r.resolution = 'dismissed' then r.message_seq end as message, null::int8 as thread,
    ${wasRead(REPORT_ID, '0', 'r.resolved_at')} as is_read
  from reports r
  where r.account_id = $1 and r.resolved_at is not null
    and ${isWanted("'report'")} and ${isOnPage('r.resolved_at', REPORT_ID)}`;

const SCHEDULED_ID = "('scheduled:' || s.id)";

/** SQL: the scheduled messages that could not be sent. */
const SCHEDULED = `
  select 'scheduled' as source, ${SCHEDULED_ID} as id, s.seq, s.failed_at as at, null::uuid as actor,
    (select m.conversation_id from memberships m
     where m.account_id = $1 and m.conversation_id = s.conversation_id and ${isCurrent('m')}) as conversation,
    null::int8 as message, null::int8 as thread,
    ${wasRead(SCHEDULED_ID, 's.seq', 's.failed_at')} as is_read
  from scheduled_messages s
  where s.account_id = $1 and s.failure is not null and s.failed_at is not null
    and ${isWanted("'scheduled'")} and ${isOnPage('s.failed_at', SCHEDULED_ID)}`;

const NEW_USER_ID = "('new_user:' || a.id)";

/**
 * SQL: the users who registered after the account, unless it has turned that off. Guests may not
 * know them.
 */
const newUsers = (isUnreadOnly: boolean) => `
  select 'new_user' as source, ${NEW_USER_ID} as id, 0 as seq, a.created_at as at, a.id as actor,
    null::uuid as conversation, null::int8 as message, null::int8 as thread,
    ${wasRead(NEW_USER_ID, '0', 'a.created_at')} as is_read
  from accounts own
  join accounts a on a.created_at > own.created_at and a.created_at >= ${SINCE}
    and a.kind = 'user' and a.is_active and a.id <> own.id and a.id <> '${SYSTEM}'
    and ${hasNotBlocked('own.id', 'a.id')}
  where own.id = $1 and own.role <> 'guest' and ${isWanted("'new_user'")} and coalesce((
      select (v.settings ->> 'newPeople')::boolean from notification_changes v
      where v.account_id = $1 and v.conversation_id is null and v.is_current), true)
    and ${isOnPage('a.created_at', NEW_USER_ID)}
    ${isUnreadOnly ? `and a.created_at > ${READ_AT}` : ''}`;

/** SQL: the latest $4 items of a source; with `isUnreadOnly`, of those that are unread. */
const latest = (source: string, isUnreadOnly: boolean) => `(
  select x.* from (${source}) x${isUnreadOnly ? ' where not x.is_read' : ''}
  order by x.at desc, x.id collate "C" desc
  limit $4)`;

/**
 * SQL: the items of account $1 after the position $2 (time), $3 (id), of the kinds $5 (null: all),
 * unordered; at most the latest $4 of each source. Columns: source, id, seq, at, actor,
 * conversation, message, thread, is_read.
 */
export const activity = (isUnreadOnly: boolean): string =>
  [
    storedItems(isUnreadOnly),
    everyone(false, isUnreadOnly),
    everyone(true, isUnreadOnly),
    REMINDERS,
    REPORTS,
    SCHEDULED,
    newUsers(isUnreadOnly),
  ]
    .map((source) => latest(source, isUnreadOnly))
    .join('\n union all \n');
