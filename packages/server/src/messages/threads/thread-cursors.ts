import type { AccountId, ConversationId, Seq, ThreadCursor } from '@parley/protocol';
import type { Pool } from 'pg';
import { threadCursor, threadState } from './thread-cursor-sql.ts';
import { type ThreadRefusal, type UnreadThread, unreadThreads } from './thread-queries.ts';

/** The result of moving the read cursor of a thread. */
export interface ThreadMove {
  /** The account’s read version after the move. */
  readonly version: number;
  readonly cursor: ThreadCursor;
  /** False if the account had read as far before, or does not follow the thread. */
  readonly moved: boolean;
}

/**
 * Moves the read cursor of a thread forward to `seq`, at most to the end of the stream. It raises
 * the read version of the account in the same statement, so that clients notice a move that they
 * missed. The first call stores the cursor even if it does not move: until then, how far the account
 * has read follows from messages that may be deleted, and the cursor would move back with them.
 * Stores nothing if the account does not follow the thread.
 */
export async function readThread(
  pool: Pool,
  account: AccountId,
  conversation: ConversationId,
  thread: Seq,
  seq: Seq,
): Promise<ThreadMove | ThreadRefusal> {
  const { rows } = await pool.query<{
    exists: boolean;
    is_reply: boolean;
    version: number | null;
    read_version: number;
    cursor: ThreadCursor;
  }>({
    name: 'threads-read',
    // The account’s row is locked first, as everywhere. A move that waited for it has read an older
    // cursor; `greatest` prevents moving back.
    text: `
      with account as materialized (
        select id, read_version from accounts where id = $1 for no key update
      ), target as materialized (
        select m.account_id, m.conversation_id, s.last_seq, state.is_following, state.read_seq,
          exists (select from thread_cursors c
            where c.account_id = m.account_id and c.conversation_id = m.conversation_id
              and c.thread = $3::int8) as has_cursor,
          g.seq is not null as exists, g.thread is not null as is_reply, a.read_version
        from account a
        join memberships m on m.account_id = a.id and m.conversation_id = $2 and m.left_seq is null
        join streams s on s.id = m.conversation_id
        left join messages g on g.conversation_id = m.conversation_id and g.seq = $3::int8
        cross join lateral ${threadState('m.account_id', 'm.conversation_id', '$3::int8')} state
      ), moved as (
        insert into thread_cursors (account_id, conversation_id, thread, read_seq)
        select w.account_id, w.conversation_id, $3::int8,
          greatest(least($4::int8, w.last_seq), w.read_seq)
        from target w
        where w.exists and not w.is_reply and w.is_following
          and (not w.has_cursor or least($4::int8, w.last_seq) > w.read_seq)
        on conflict (account_id, conversation_id, thread) do update
        set read_seq = greatest(thread_cursors.read_seq, excluded.read_seq)
        returning read_seq
      ), counted as (
        update accounts set read_version = read_version + 1
        where id = $1 and exists (select from moved, target where moved.read_seq > target.read_seq)
        returning read_version
      )
      select w.exists, w.is_reply, w.read_version, (select read_version from counted) as version,
        ${threadCursor(
          { account: 'w.account_id', conversation: 'w.conversation_id', thread: '$3::int8' },
          {
            isFollowing: 'w.is_following',
            readSeq: 'coalesce((select read_seq from moved), w.read_seq)',
          },
          'w.last_seq',
        )} as cursor
      from target w`,
    values: [account, conversation, thread, seq],
  });
  const [row] = rows;
  if (!row) return 'conversation_not_found';
  if (!row.exists) return 'message_not_found';
  if (row.is_reply) return 'is_reply';
  const { version, read_version, cursor } = row;
  return { version: version ?? read_version, cursor, moved: version !== null };
}

/**
 * Moves the cursors of all threads with unread replies that an account follows to the ends of their
 * streams. Returns the moves; threads whose conversation the account leaves meanwhile are skipped.
 */
export async function readAllThreads(
  pool: Pool,
  account: AccountId,
  pageSize = 1_000,
): Promise<ThreadMove[]> {
  const moves: ThreadMove[] = [];
  let after: UnreadThread | null = null;
  for (;;) {
    const page: UnreadThread[] = await unreadThreads(pool, account, after, pageSize);
    for (const { conversation, thread, head } of page) {
      // Sequentially, because each waits for the row of the account.
      const move = await readThread(pool, account, conversation, thread, head);
      if (typeof move !== 'string') moves.push(move);
    }
    after = page.at(-1) ?? null;
    if (page.length < pageSize || after === null) return moves;
  }
}
