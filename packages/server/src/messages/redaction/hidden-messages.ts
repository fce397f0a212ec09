import { dataOf, type StoredEvent } from '../../stream/record.ts';
import type { StatementSink } from '../../stream/stream-transaction.ts';
import { redactTexts } from './redact.ts';

/** The texts of hidden messages, which only moderators read. */

/**
 * Moves the texts of messages that are being hidden from the events that carried them to `hidden_messages`, so
 * that no replay sends them. Runs in the transaction that stores the `message.hidden` events.
 */
export function hideTexts(tx: StatementSink, events: readonly StoredEvent[]): void {
  for (const event of events) {
    const { message } = dataOf(event, 'message.hidden');
    tx.issue('messages-keep-hidden', KEPT, [event.stream, message, event.actor]);
    redactTexts(tx, event.stream, [message]);
  }
}

const KEPT = `insert into hidden_messages
    (conversation_id, message_seq, events, file_ids, hidden_by, removed_previews)
  select p.stream_id, p.seq,
    (select json_agg(json_build_object('seq', v.seq, 'data', v.data, 'digest', v.digest) order by v.seq)
     from (
       select p.seq, p.data, encode(p.command_digest, 'hex') as digest
       union all
       select d.seq, d.data, encode(d.command_digest, 'hex') from events d
       where d.stream_id = $1 and d.type = 'message.edited' and (d.data ->> 'message')::int8 = $2
     ) v),
    array(select (a.file ->> 'id')::uuid from json_array_elements(p.data -> 'attachments') as a (file)),
    $3,
    -- The latest one has all; earlier ones are redacted.
    array(select json_array_elements_text(d.data -> 'removed') from events d
          where d.stream_id = $1 and d.type = 'message.previewed'
            and (d.data ->> 'message')::int8 = $2)
  from events p
  where p.stream_id = $1 and p.seq = $2
  on conflict do nothing`;
