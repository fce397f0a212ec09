import { LIMITS, SYSTEM } from '@parley/protocol';
import { threadState } from '../messages/thread-cursor-sql.ts';

/**
 * The activity of account $1 as SQL. Its items are those that were stored, and what is read from where it is:
 * mentions of everyone, reminders, resolved reports, scheduled messages that were not sent, and new users. What the
 * account can no longer see is left out.
 */

/** How long the list goes back. */
const SINCE = "now() - interval '90 days'";

/** SQL: a position in the list. Times are in milliseconds, as clients see them. */
const moment = (column: string) => `date_trunc('milliseconds', ${column})`;

/** SQL: whether an item comes after the position $2, $3 (null: the beginning), and is not too old. */
const isOnPage = (at: string, id: string) => `${at} >= ${SINCE}
  and ($2::timestamptz is null or (${moment(at)}, ${id} collate "C") < ($2, $3::text collate "C"))`;

/** SQL: the id of an item about a message. */
const idOf = (kind: string, conversation: string, message: string) =>
  `(${kind} || ':' || ${conversation} || ':' || ${message})`;

/** SQL: up to when everything counts as read that has no row of its own. */
const READ_AT =
  "coalesce((select read_at from activity_cursors where account_id = $1), '-infinity')";

/** SQL: whether the account has read an item that has no row of its own. */
const wasRead = (id: string, seq: string, at: string) =>
  `(${at} <= ${READ_AT}
    or exists (select from activity_reads d
               where d.account_id = $1 and d.item = ${id} and d.seq >= ${seq}))`;

/** SQL: the message \`g\` is shown in its thread alone. */
const IS_ONLY_IN_THREAD = '(g.thread is not null and not g.also_in_conversation)';

/** SQL: how far the account has read where the message \`g\` is shown. */
const readWhereShown = (membership: string) =>
  `case when ${IS_ONLY_IN_THREAD} then state.read_seq else ${membership}.read_seq end`;

/**
 * SQL: whether an item that is stored may still be shown. With “limit”, the database looks for each item, and never
 * reads a whole table for all of them.
 */
const IS_VISIBLE = `case s.kind
  when 'mention' then g.deleted_at is null and (
    select true from mentions n
    where n.account_id = $1 and n.conversation_id = g.conversation_id and n.message_seq = g.seq
    limit 1)
  when 'here' then g.deleted_at is null and g.mentions @> '[{"kind": "here"}]'
  when 'reply' then state.is_following and (
    select true from messages t
    where t.conversation_id = s.conversation_id and t.thread = s.message_seq
      and t.author_id <> $1 and t.deleted_at is null
    limit 1)
  when 'reaction' then g.deleted_at is null and (
    select true from reactions r
    where r.conversation_id = g.conversation_id and r.message_seq = g.seq and r.account_id <> $1
    limit 1)
  else true end`;

const STORED_ID = idOf('s.kind', 's.conversation_id', 's.message_seq');

/** SQL: the items that are stored. $4 is the number of rows. */
const stored = (isUnreadOnly: boolean) => `(
  select s.kind as source, ${STORED_ID} as id, s.seq, s.at,
    s.actor_id as actor, s.conversation_id as conversation, s.message_seq as message, g.thread,
    s.is_read or coalesce(case s.kind
      when 'mention' then g.seq <= ${readWhereShown('m')}
      when 'here' then g.seq <= ${readWhereShown('m')}
      when 'reply' then s.seq <= state.read_seq
      when 'added' then m.read_seq > s.message_seq
    end, false) as is_read
  from (
    select * from activity_items where account_id = $1${isUnreadOnly ? ' and not is_read' : ''}
    order by at desc limit ${LIMITS.activityItems}) s
  join memberships m on m.account_id = $1 and m.conversation_id = s.conversation_id
    and m.left_seq is null
  join conversations c on c.id = s.conversation_id and c.deleted_at is null
  left join messages g on g.conversation_id = s.conversation_id and g.seq = s.message_seq
  left join lateral ${threadState('$1::uuid', 's.conversation_id', 'coalesce(g.thread, s.message_seq)')} state
    on s.kind = 'reply' or g.thread is not null
  where ${isOnPage('s.at', STORED_ID)} and ${IS_VISIBLE}
  order by s.at desc, ${STORED_ID} collate "C" desc
  limit $4)`;

/** SQL: the account has muted the conversation of the membership \`m\`. */
const IS_MUTED = `exists (
  select from notification_changes v
  where v.account_id = $1 and v.conversation_id = m.conversation_id and v.thread is null
    and v.is_current and v.settings -> 'muted' <> 'null'
    and coalesce((v.settings -> 'muted' ->> 'until')::timestamptz > now(), true))`;

/** Mentions of everyone that are looked at in each conversation, the latest ones: more than a page has. */
const EVERYONE_MAX = 2 * LIMITS.pageMax;

const EVERYONE_ID = idOf("'everyone'", 'g.conversation_id', 'g.seq');

/** SQL: a condition without which the ones that were read would be looked at first. */
const UNREAD_TO_EVERYONE = `
      and (${IS_ONLY_IN_THREAD} or g.seq > m.read_seq) and g.posted_at > ${READ_AT}`;

/** SQL: the mentions of everyone since the account joined. An index has these messages. */
const everyone = (isUnreadOnly: boolean) => `(
  select 'everyone', ${EVERYONE_ID}, g.seq, g.posted_at, g.author_id, g.conversation_id, g.seq,
    g.thread, coalesce(g.seq <= g.read_seq, false) or ${wasRead(EVERYONE_ID, 'g.seq', 'g.posted_at')}
  from memberships m
  join conversations c on c.id = m.conversation_id and c.deleted_at is null
  cross join lateral (
    select g.*, ${readWhereShown('m')} as read_seq
    from messages g
    left join lateral ${threadState('$1::uuid', 'g.conversation_id', 'g.thread')} state
      on g.thread is not null
    where g.conversation_id = m.conversation_id and g.mentions @> '[{"kind": "everyone"}]'
      and g.deleted_at is null and g.author_id <> $1 and g.seq >= m.joined_seq
      and ${isOnPage('g.posted_at', EVERYONE_ID)}
      and (not ${IS_ONLY_IN_THREAD} or state.is_following)${isUnreadOnly ? UNREAD_TO_EVERYONE : ''}
      and not exists (select from mentions n
        where n.account_id = $1 and n.conversation_id = g.conversation_id and n.message_seq = g.seq)
    order by g.seq desc
    limit least($4, ${EVERYONE_MAX})) g
  where m.account_id = $1 and m.left_seq is null and not ${IS_MUTED}
  order by g.posted_at desc, ${EVERYONE_ID} collate "C" desc
  limit $4)`;

const REMINDER_ID = idOf("'reminder'", 's.conversation_id', 's.message_seq');

/** SQL: the reminders that were given. */
const REMINDERS = `(
  select 'reminder', ${REMINDER_ID}, s.seq, s.reminded_at, null::uuid, s.conversation_id,
    s.message_seq, g.thread, ${wasRead(REMINDER_ID, 's.seq', 's.reminded_at')}
  from saved_messages s
  join memberships m on m.account_id = $1 and m.conversation_id = s.conversation_id
    and m.left_seq is null
  join messages g on g.conversation_id = s.conversation_id and g.seq = s.message_seq
    and g.deleted_at is null
  where s.account_id = $1 and s.reminded_at is not null
    and ${isOnPage('s.reminded_at', REMINDER_ID)}
  order by s.reminded_at desc, ${REMINDER_ID} collate "C" desc
  limit $4)`;

const REPORT_ID = "('report:' || r.id)";

/** SQL: the reports of the account that were resolved. Nothing in it is of the message itself. */
const REPORTS = `(
  select 'report', ${REPORT_ID}, 0, r.resolved_at, null::uuid,
    (select m.conversation_id from memberships m
     where m.account_id = $1 and m.conversation_id = r.conversation_id and m.left_seq is null),
    case when r.resolution = 'dismissed' then r.message_seq end, null::int8,
    ${wasRead(REPORT_ID, '0', 'r.resolved_at')}
  from reports r
  where r.account_id = $1 and r.resolved_at is not null
    and ${isOnPage('r.resolved_at', REPORT_ID)}
  order by r.resolved_at desc, ${REPORT_ID} collate "C" desc
  limit $4)`;

const SCHEDULED_ID = "('scheduled:' || s.id)";

/** SQL: the scheduled messages that could not be sent. */
const SCHEDULED = `(
  select 'scheduled', ${SCHEDULED_ID}, s.seq, s.failed_at, null::uuid,
    (select m.conversation_id from memberships m
     where m.account_id = $1 and m.conversation_id = s.conversation_id and m.left_seq is null),
    null::int8, null::int8, ${wasRead(SCHEDULED_ID, 's.seq', 's.failed_at')}
  from scheduled_messages s
  where s.account_id = $1 and s.failure is not null and s.failed_at is not null
    and ${isOnPage('s.failed_at', SCHEDULED_ID)}
  order by s.failed_at desc, ${SCHEDULED_ID} collate "C" desc
  limit $4)`;

const NEW_USER_ID = "('new_user:' || a.id)";

/** SQL: the users who registered since the account did, unless it wants to know of none. Guests may not know them. */
const newUsers = (isUnreadOnly: boolean) => `(
  select 'new_user', ${NEW_USER_ID}, 0, a.created_at, a.id, null::uuid, null::int8, null::int8,
    ${wasRead(NEW_USER_ID, '0', 'a.created_at')}
  from accounts own
  join accounts a on a.created_at > own.created_at and a.created_at >= ${SINCE}
    and a.kind = 'user' and a.is_active and a.id <> own.id and a.id <> '${SYSTEM}'
  where own.id = $1 and own.role <> 'guest' and coalesce((
      select (v.settings ->> 'newPeople')::boolean from notification_changes v
      where v.account_id = $1 and v.conversation_id is null and v.is_current), true)
    and ${isOnPage('a.created_at', NEW_USER_ID)}
    ${isUnreadOnly ? `and a.created_at > ${READ_AT}` : ''}
  order by a.created_at desc, ${NEW_USER_ID} collate "C" desc
  limit $4)`;

/**
 * SQL: the items of account $1 after the position $2 (time), $3 (id), unordered: of each source at most $4, the
 * latest ones. Columns: source, id, seq, at, actor, conversation, message, thread, is_read. With `isUnreadOnly` most of
 * those that were read are left out.
 */
export const activity = (isUnreadOnly: boolean): string =>
  [
    stored(isUnreadOnly),
    everyone(isUnreadOnly),
    REMINDERS,
    REPORTS,
    SCHEDULED,
    newUsers(isUnreadOnly),
  ].join('\n union all \n');
