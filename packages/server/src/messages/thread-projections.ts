import type { Seq } from '@parley/protocol';
import type { StoredEvent } from '../stream/record.ts';
import type { StatementSink } from '../stream/stream-transaction.ts';

/** What replies in threads change besides their own rows: nothing for messages outside of threads. */

/** Applies posts, with the threads of those that are replies. */
export function addReplies(
  tx: StatementSink,
  events: readonly StoredEvent[],
  threads: readonly (Seq | undefined)[],
): void {
  const replies = repliesOf(events, threads);
  if (replies.length === 0) return;
  changeRoots(tx, events, threads);
  tx.issue(
    'threads-participants',
    // The author of the root takes part from the root on.
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
 * Applies events that change what the roots of threads show of their replies. A deleted root keeps its
 * deletion as the last change: clients count by it.
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
