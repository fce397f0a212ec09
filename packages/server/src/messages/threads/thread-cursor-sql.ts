import { LIMITS } from '@parley/protocol';

/**
 * How far accounts have read threads, as SQL. Everything but the cursor is derived from the events:
 * who follows a thread, where its unread replies start, and how many there are.
 */

/**
 * SQL: one row with `is_following` and `read_seq` for an account and a thread; `read_seq` is null
 * if it is unknown how far the account has read. Without a cursor, it follows from when the account
 * chose to follow the thread, or from the first event that made it follow: up to its own first
 * message, or to just before the message that mentions it, but at least to its first join. Later
 * events do not move it: an edit can mention the account in an old reply.
 *
 * Its aliases begin with `own`, so that they don’t hide those in the expressions of the caller.
 */
export const threadState = (account: string, conversation: string, thread: string) => `(
  select coalesce(own_follow.is_following, own_post.seq is not null or own_mention.seq is not null)
      as is_following,
    greatest(
      coalesce(own_cursor.read_seq, own_follow.since,
        case when own_post.seq < own_mention.seq then own_post.seq else own_mention.before end,
        own_post.seq),
      own_follow.since,
      (select min(own_period.joined_seq) from memberships own_period
       where own_period.conversation_id = ${conversation} and own_period.account_id = ${account})
    ) as read_seq
  from (select) own_row
  left join thread_participants own_post on own_post.account_id = ${account}
    and own_post.conversation_id = ${conversation} and own_post.thread = ${thread}
  left join thread_follows own_follow on own_follow.account_id = ${account}
    and own_follow.conversation_id = ${conversation} and own_follow.thread = ${thread}
  left join thread_cursors own_cursor on own_cursor.account_id = ${account}
    and own_cursor.conversation_id = ${conversation} and own_cursor.thread = ${thread}
  left join lateral (
    select own.seq, own.message_seq - 1 as before from mentions own
    where own.account_id = ${account} and own.conversation_id = ${conversation}
      and own.thread = ${thread}
    order by own.seq
    limit 1
  ) own_mention on true
)`;

/** SQL: whether the reply `t` counts as unread after `readSeq`. */
const isUnread = (account: string, conversation: string, thread: string, readSeq: string) =>
  `t.conversation_id = ${conversation} and t.thread = ${thread} and t.seq > ${readSeq}
   and t.author_id <> ${account} and t.deleted_at is null`;

/** SQL: whether a thread has replies of others after `readSeq`. */
export const hasUnreadReplies = (
  account: string,
  conversation: string,
  thread: string,
  readSeq: string,
) => `exists (select from messages t where ${isUnread(account, conversation, thread, readSeq)})`;

/** SQL: the `ThreadCursor` of an account, from what {@link threadState} says and the head of the stream. */
export const threadCursor = (
  of: { readonly account: string; readonly conversation: string; readonly thread: string },
  state: { readonly isFollowing: string; readonly readSeq: string },
  head: string,
) => {
  const { account, conversation, thread } = of;
  // Nothing is unread in a thread that the account does not follow.
  const readSeq = `case when ${state.isFollowing} then ${state.readSeq} else ${head} end`;
  const unread = isUnread(account, conversation, thread, readSeq);
  return `json_build_object(
    'conversation', ${conversation},
    'thread', ${thread},
    'isFollowing', ${state.isFollowing},
    'readSeq', ${readSeq},
    'unread', (select count(*)::int from (
      select from messages t where ${unread} order by t.seq limit ${LIMITS.unreadMax}) counted),
    'unreadMentions', (select coalesce(json_agg(seq order by seq), '[]') from (
      (select t.seq from messages t
       where ${unread} and t.mentions @> '[{"kind": "everyone"}]'
       order by t.seq desc limit ${LIMITS.unreadMax})
      union
      -- The root is in its thread, but is no reply.
      (select n.message_seq from mentions n
       where n.account_id = ${account} and n.conversation_id = ${conversation}
         and n.thread = ${thread} and n.message_seq > ${readSeq} and n.message_seq <> n.thread
       order by n.message_seq desc limit ${LIMITS.unreadMax})
      order by seq desc limit ${LIMITS.unreadMax}) mentioned),
    'asOf', ${head})`;
};

/** SQL: the threads that account $1 may follow, with replies, in the conversations of which it is a member. */
export const threadsOfAccount = `(
  select x.conversation_id, x.thread
  from (
    select conversation_id, thread from thread_participants where account_id = $1
    union
    select conversation_id, thread from mentions where account_id = $1 and thread is not null
    union
    select conversation_id, thread from thread_follows where account_id = $1 and is_following
  ) x
  join memberships m
    on m.account_id = $1 and m.conversation_id = x.conversation_id and m.left_seq is null
)`;
