import { LIMITS, type Seq, type StreamId, type ThreadSummary } from '@parley/protocol';
import { dataOf, type StoredEvent } from '../../stream/record.ts';
import type { StatementSink } from '../../stream/stream-transaction.ts';

/**
 * The projections of replies in threads, besides their own rows. Messages outside threads change
 * nothing here.
 */

/** Applies posts, with the threads of those that are replies. */
export function addReplies(
  tx: StatementSink,
  events: readonly StoredEvent[],
  threads: readonly (Seq | undefined)[],
): void {
  const replies = repliesOf(events, threads);
  if (replies.length === 0) return;
  changeRoots(tx, events, threads);
  // The time of the last reply, not the latest one: after a clock was set back it is an earlier time, however the replies
  // are distributed over statements.
  tx.issue(
    'threads-replied',
    `insert into threads as t
       (conversation_id, thread, replies, last_reply_seq, last_reply_at, authors)
     select conversation_id, thread, sum(replies), max(seq), (array_agg(at order by seq desc))[1],
       (array_agg(author_id order by seq desc))[1:${LIMITS.threadAuthors}]
     from (
       select conversation_id, thread, author_id, count(*) as replies, max(seq) as seq,
         (array_agg(at order by seq desc))[1] as at
       from unnest($1::uuid[], $2::int8[], $3::int8[], $4::uuid[], $5::timestamptz[])
         as e (conversation_id, thread, seq, author_id, at)
       group by 1, 2, 3
     ) e
     group by 1, 2
     on conflict (conversation_id, thread) do update
     set replies = t.replies + excluded.replies,
       last_reply_seq = excluded.last_reply_seq,
       last_reply_at = excluded.last_reply_at,
       authors = (excluded.authors || array(
         select a.id from unnest(t.authors) with ordinality as a (id, n)
         where a.id <> all(excluded.authors) order by a.n))[1:${LIMITS.threadAuthors}]`,
    [
      replies.map((r) => r.event.stream),
      replies.map((r) => r.thread),
      replies.map((r) => r.event.seq),
      replies.map((r) => r.event.actor),
      replies.map((r) => r.event.at),
    ],
  );
  tx.issue(
    'threads-participants',
    // The author of the root is a participant since the root.
    `with e as (
       select * from unnest($1::uuid[], $2::int8[], $3::int8[], $4::uuid[])
         as e (conversation_id, thread, seq, author_id)
     )
     insert into thread_participants (account_id, conversation_id, thread, seq)
     select p.account_id, p.conversation_id, p.thread, min(p.seq)
     from (
       select author_id as account_id, conversation_id, thread, seq from e
       union all
       select g.author_id, e.conversation_id, e.thread, e.thread
       from e
       join messages g on g.conversation_id = e.conversation_id and g.seq = e.thread
     ) p
     group by 1, 2, 3
     on conflict (account_id, conversation_id, thread) do nothing`,
    [
      replies.map((r) => r.event.stream),
      replies.map((r) => r.thread),
      replies.map((r) => r.event.seq),
      replies.map((r) => r.event.actor),
    ],
  );
  tx.issue(
    'threads-root-mentions',
    `update mentions n set thread = n.message_seq
     from (select distinct * from unnest($1::uuid[], $2::int8[]) as e (conversation_id, thread)) e
     where n.conversation_id = e.conversation_id and n.message_seq = e.thread and n.thread is null`,
    [replies.map((r) => r.event.stream), replies.map((r) => r.thread)],
  );
}

/**
 * Applies deletions: each carries what is left of the thread after all deletions of its command.
 */
export function deleteReplies(tx: StatementSink, events: readonly StoredEvent[]): void {
  const summaries = new Map<string, readonly [StreamId, Seq, ThreadSummary | null]>();
  for (const event of events) {
    const { thread, threadSummary } = dataOf(event, 'message.deleted');
    if (thread === undefined || threadSummary === undefined) continue;
    // The last one wins.
    summaries.set(`${event.stream} ${thread}`, [event.stream, thread, threadSummary]);
  }
  if (summaries.size === 0) return;
  const rows = [...summaries.values()];
  tx.issue(
    'threads-reply-deleted',
    `with e as (
       select * from unnest($1::uuid[], $2::int8[], $3::json[]) as e (conversation_id, thread, summary)
     ), gone as (
       delete from threads t using e
       where t.conversation_id = e.conversation_id and t.thread = e.thread and e.summary is null
     )
     update threads t
     set replies = (e.summary ->> 'replies')::int,
       last_reply_seq = (e.summary ->> 'lastReplySeq')::int8,
       last_reply_at = (e.summary ->> 'lastReplyAt')::timestamptz,
       authors = array(
         select a.id::uuid from json_array_elements_text(e.summary -> 'authors')
           with ordinality as a (id, n)
         order by a.n)
     from e
     where t.conversation_id = e.conversation_id and t.thread = e.thread and e.summary is not null`,
    [
      rows.map(([stream]) => stream),
      rows.map(([, thread]) => thread),
      rows.map(([, , summary]) => summary && JSON.stringify(summary)),
    ],
  );
}

/**
 * Applies events that change what the roots of threads show of their replies. A deleted root keeps
 * its deletion as the last change, because clients count by it.
 */
export function changeRoots(
  tx: StatementSink,
  events: readonly StoredEvent[],
  threads: readonly (Seq | undefined)[],
): void {
  const replies = repliesOf(events, threads);
  if (replies.length === 0) return;
  tx.issue(
    'threads-root-changed',
    `update messages g set changed_seq = e.seq
     from (select conversation_id, thread, max(seq) as seq
           from unnest($1::uuid[], $2::int8[], $3::int8[]) as e (conversation_id, thread, seq)
           group by 1, 2) e
     where g.conversation_id = e.conversation_id and g.seq = e.thread
       and g.changed_seq < e.seq and g.deleted_at is null`,
    [
      replies.map((r) => r.event.stream),
      replies.map((r) => r.thread),
      replies.map((r) => r.event.seq),
    ],
  );
}

const repliesOf = (events: readonly StoredEvent[], threads: readonly (Seq | undefined)[]) =>
  events.flatMap((event, n) => {
    const thread = threads[n];
    return thread === undefined ? [] : [{ event, thread }];
  });
