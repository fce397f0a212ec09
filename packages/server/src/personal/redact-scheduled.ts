import { peek, type StoredEvent } from '../stream/record.ts';
import type { StatementSink } from '../stream/stream-transaction.ts';

/**
 * Removes the text of scheduled messages from the events that carried it before: when it was changed, or
 * the message was sent or deleted. So the log keeps one text of a scheduled message at most, and none
 * that its author has deleted.
 */
export function redactScheduled(tx: StatementSink, events: readonly StoredEvent[]): void {
  tx.issue(
    'scheduled-redact',
    `update events s
     set data = jsonb_set(s.data::jsonb, '{body}', '""')::json, command_digest = null
     from unnest($1::uuid[], $2::text[], $3::int8[]) as e (stream_id, scheduled, seq)
     where s.stream_id = e.stream_id and s.type = 'message.scheduled'
       and s.data ->> 'scheduled' = e.scheduled and s.seq < e.seq
       and s.data ->> 'body' <> ''`,
    [events.map((e) => e.stream), events.map((e) => peek(e).scheduled), events.map((e) => e.seq)],
  );
}
