import type { Seq, StreamId } from '@parley/protocol';
import { isCovered } from '../../legal-holds/coverage/coverage.ts';
import type { StatementSink } from '../../stream/stream-transaction.ts';

/**
 * Copies what legal holds cover of messages that are being deleted: all versions of their texts, and which files
 * they have. Runs in the transaction of the deletion, before the texts are removed from the events. A release of
 * the hold waits for the transaction, so that it deletes the copies as well.
 */
export function keepHeldMessages(
  tx: StatementSink,
  stream: StreamId,
  messages: readonly Seq[],
): void {
  tx.issue('messages-keep-held', KEPT, [stream, messages]);
}

const KEPT = `with kept as (
    insert into held_events (hold_id, stream_id, seq, data)
    select h.id, p.stream_id, e.seq, e.data
    from legal_holds h
    join events p on p.stream_id = $1 and p.seq = any($2::int8[]) and p.type = 'message.posted'
      and ${isCovered('h', { conversation: 'p.stream_id', author: 'p.actor_id', postedAt: 'p.at' })}
    cross join lateral (
      select v.seq, v.data
      from hidden_messages g cross join json_to_recordset(g.events) as v (seq int8, data json)
      where g.conversation_id = $1 and g.message_seq = p.seq
      union all
      select v.seq, v.data
      from (
        select p.seq, p.data
        union all
        select d.seq, d.data from events d
        where d.stream_id = $1 and d.type = 'message.edited' and (d.data ->> 'message')::int8 = p.seq
      ) v
      where not exists (
        select from hidden_messages g where g.conversation_id = $1 and g.message_seq = p.seq)
    ) e
    where h.released_at is null
    for share of h
    on conflict do nothing
    returning hold_id, data
  )
  insert into held_files (hold_id, file_id)
  select distinct k.hold_id, (a.file ->> 'id')::uuid
  from kept k cross join json_array_elements(k.data -> 'attachments') as a (file)
  on conflict do nothing`;
