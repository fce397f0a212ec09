import {
  type AccountId,
  type ConversationId,
  type FollowedThread,
  LIMITS,
  type Message,
  type Seq,
  type ThreadCursor,
  type ThreadPage,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { timestamp } from '../../storage/sql.ts';
import {
  boundsOf,
  HAS_NOT_EXPIRED,
  type HistoryRequest,
  type PageRow,
  pageOf,
  pageSide,
} from '../history/history-page.ts';
import { MESSAGE } from '../history/message-sql.ts';
import {
  hasUnreadReplies,
  threadCursor,
  threadState,
  threadsOfAccount,
} from './thread-cursor-sql.ts';

/** Reads threads; for members of their conversations only. Each function is one statement. */

/** Why there is no thread to show. */
export type ThreadRefusal = 'conversation_not_found' | 'message_not_found' | 'is_reply';

interface ThreadRow extends PageRow {
  exists: boolean;
  is_reply: boolean;
  root: Message | null;
  cursor: ThreadCursor;
}

/** SQL: whether a message is a reply of the thread $3 of the conversation $2, and has not expired. */
const IN_THREAD = `thread = $3 and ${HAS_NOT_EXPIRED}`;

/** Returns a page of the replies of a thread with its root. A message without replies has an empty one. */
export async function threadPage(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  thread: Seq,
  request: HistoryRequest,
): Promise<ThreadPage | ThreadRefusal> {
  const page = boundsOf(request);
  const { rows } = await pool.query<ThreadRow>({
    name: 'threads-page',
    text: `
      select root.seq is not null as exists, root.thread is not null as is_reply, s.last_seq,
        (select ${MESSAGE} from messages g
         where g.conversation_id = root.conversation_id and g.seq = root.seq) as root,
        ${threadCursor(
          { account: 'm.account_id', conversation: 'm.conversation_id', thread: '$3::int8' },
          { isFollowing: 'state.is_following', readSeq: 'state.read_seq' },
          's.last_seq',
        )} as cursor,
        older.items as older, older.found as older_found,
        newer.items as newer, newer.found as newer_found
      from memberships m
      join streams s on s.id = m.conversation_id
      left join messages root on root.conversation_id = m.conversation_id and root.seq = $3::int8
      cross join lateral ${threadState('m.account_id', 'm.conversation_id', '$3::int8')} state
      cross join lateral ${pageSide('older', '$4', '$5', IN_THREAD)} older
      cross join lateral ${pageSide('newer', '$4', '$6', IN_THREAD)} newer
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, thread, page.at, page.older + 1, page.newer + 1],
  });
  const [row] = rows;
  if (!row) return 'conversation_not_found';
  if (!row.exists || !row.root) return 'message_not_found';
  if (row.is_reply) return 'is_reply';
  return { root: row.root, cursor: row.cursor, ...pageOf(row, page) };
}

/** The key of a thread in the list of followed threads, which a page continues after. */
export interface ThreadKey {
  readonly isUnread: boolean;
  /** The time of its last reply, RFC 3339. */
  readonly at: string;
  readonly conversation: ConversationId;
  readonly thread: Seq;
}

/**
 * SQL: the threads with replies that account $1 follows: with `read_seq`, and the last reply `last_seq` and
 * its time `last_at`.
 */
const FOLLOWED = `(
  select x.conversation_id, x.thread, state.read_seq, t.last_reply_seq as last_seq,
    t.last_reply_at as last_at
  from ${threadsOfAccount} x
  join threads t on t.conversation_id = x.conversation_id and t.thread = x.thread
  cross join lateral ${threadState('$1::uuid', 'x.conversation_id', 'x.thread')} state
  where state.is_following
)`;

/**
 * SQL: the latest of them, the only ones whose read state is looked up; after those the threads without replies that
 * the account chose to follow, so that clients know that they are followed.
 */
const LATEST_FOLLOWED = `(
  select x.conversation_id, x.thread, x.last_at, state.read_seq
  from (
    select x.conversation_id, x.thread, t.last_reply_at as last_at
    from ${threadsOfAccount} x
    left join threads t on t.conversation_id = x.conversation_id and t.thread = x.thread
    left join thread_follows o
      on o.account_id = $1 and o.conversation_id = x.conversation_id and o.thread = x.thread
    where coalesce(o.is_following, t.thread is not null)
    order by t.last_reply_at desc nulls last, x.conversation_id, x.thread
    limit ${LIMITS.threadCursors}
  ) x
  cross join lateral ${threadState('$1::uuid', 'x.conversation_id', 'x.thread')} state
)`;

const cursorOfFollowed = threadCursor(
  { account: '$1::uuid', conversation: 'f.conversation_id', thread: 'f.thread' },
  { isFollowing: 'true', readSeq: 'f.read_seq' },
  's.last_seq',
);

/**
 * Returns a page of the threads that an account follows: those with unread replies first, then by the last
 * reply. `next` is null on the last page.
 */
export async function followedThreads(
  pool: Pool,
  account: AccountId,
  { after, limit }: { readonly after: ThreadKey | null; readonly limit: number },
): Promise<{ items: FollowedThread[]; next: ThreadKey | null }> {
  const { rows } = await pool.query<{ item: FollowedThread; is_unread: boolean; at: string }>({
    name: 'threads-followed-list',
    text: `
      select f.is_unread, ${timestamp('f.last_at')} as at,
        json_build_object('root', ${MESSAGE}, 'cursor', ${cursorOfFollowed}) as item
      from (
        select *
        from (
          -- Most threads are read up to their last reply, and need no look at their replies.
          select f.*, f.last_seq > f.read_seq
              and ${hasUnreadReplies('$1::uuid', 'f.conversation_id', 'f.thread', 'f.read_seq')}
            as is_unread
          from ${FOLLOWED} f
        ) f
        where $2::bool is null
          or (f.is_unread, f.last_at, f.conversation_id, f.thread)
             < ($2::bool, $3::timestamptz, $4::uuid, $5::int8)
        order by f.is_unread desc, f.last_at desc, f.conversation_id desc, f.thread desc
        limit $6
      ) f
      join streams s on s.id = f.conversation_id
      join messages g on g.conversation_id = f.conversation_id and g.seq = f.thread
      order by f.is_unread desc, f.last_at desc, f.conversation_id desc, f.thread desc`,
    values: [
      account,
      after?.isUnread ?? null,
      after?.at ?? null,
      after?.conversation ?? null,
      after?.thread ?? null,
      limit + 1,
    ],
  });
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    items: page.map((row) => row.item),
    next: last
      ? {
          isUnread: last.is_unread,
          at: last.at,
          conversation: last.item.cursor.conversation,
          thread: last.item.cursor.thread,
        }
      : null,
  };
}

/** Threads with unread replies, with the end of their stream. */
export type UnreadThread = {
  readonly conversation: ConversationId;
  readonly thread: Seq;
  readonly head: Seq;
};

/** Returns at most `limit` of the followed threads with unread replies, in the order of their keys after `after`. */
export async function unreadThreads(
  pool: Pool,
  account: AccountId,
  after: UnreadThread | null,
  limit: number,
): Promise<UnreadThread[]> {
  const { rows } = await pool.query<UnreadThread>({
    name: 'threads-unread',
    text: `
      select f.conversation_id as conversation, f.thread, s.last_seq as head
      from ${FOLLOWED} f
      join streams s on s.id = f.conversation_id
      where ($2::uuid is null or (f.conversation_id, f.thread) > ($2::uuid, $3::int8))
        and f.last_seq > f.read_seq
        and ${hasUnreadReplies('$1::uuid', 'f.conversation_id', 'f.thread', 'f.read_seq')}
      order by f.conversation_id, f.thread
      limit $4`,
    values: [account, after?.conversation ?? null, after?.thread ?? null, limit],
  });
  return rows;
}

/**
 * Returns the cursors of the threads that an account follows with its read version, as of one moment: of at
 * most `limits.threadCursors`, those with the latest replies.
 */
export async function threadCursorsOf(
  pool: Pool,
  account: AccountId,
): Promise<{ readVersion: number; items: ThreadCursor[] }> {
  const { rows } = await pool.query<{ read_version: number; items: ThreadCursor[] }>({
    name: 'threads-cursors-of',
    text: `
      select a.read_version,
        (select coalesce(json_agg(${cursorOfFollowed} order by f.last_at desc nulls last, f.conversation_id, f.thread), '[]')
         from ${LATEST_FOLLOWED} f
         join streams s on s.id = f.conversation_id) as items
      from accounts a where a.id = $1`,
    values: [account],
  });
  return { readVersion: rows[0]?.read_version ?? 0, items: rows[0]?.items ?? [] };
}
