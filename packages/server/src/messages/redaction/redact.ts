import type { Seq, StreamId } from '@parley/protocol';
import { dataOf, type StoredEvent } from '../../stream/record.ts';
import type { StatementSink } from '../../stream/stream-transaction.ts';
import { keepHeldMessages } from './held-messages.ts';

/**
 * Removes the text of deleted messages from the events that carried it, so that no replay sends a
 * deleted text. Runs in the transaction that stores the `message.deleted` events. The redacted events
 * themselves remain: the log has no gap, and the projections are unchanged. Legal holds get a copy first.
 */
export function redactMessages(tx: StatementSink, deletions: readonly StoredEvent[]): void {
  const byStream = new Map<StreamId, Seq[]>();
  for (const event of deletions) {
    const { message } = dataOf(event, 'message.deleted');
    byStream.set(event.stream, [...(byStream.get(event.stream) ?? []), message]);
  }
  // All deletions of one command are in one stream.
  for (const [stream, messages] of byStream) redactInStream(tx, stream, messages);
}

function redactInStream(tx: StatementSink, stream: StreamId, messages: readonly Seq[]): void {
  keepHeldMessages(tx, stream, messages);
  dropHidden(tx, stream, messages);
  redactTexts(tx, stream, messages);
}

/**
 * Removes the stored texts of hidden messages that are being deleted; their files are deleted with
 * them.
 */
function dropHidden(tx: StatementSink, stream: StreamId, messages: readonly Seq[]): void {
  tx.issue(
    'messages-drop-hidden',
    `with gone as (
       delete from hidden_messages where conversation_id = $1 and message_seq = any($2::int8[])
       returning file_ids
     )
     update files f set detached_at = now()
     from (select distinct unnest(file_ids) as id from gone) g
     where f.id = g.id`,
    [stream, messages],
  );
}

/** Removes the texts of messages from all events that carry them. */
export function redactTexts(tx: StatementSink, stream: StreamId, messages: readonly Seq[]): void {
  tx.issue(
    'messages-redact-posted',
    // A deleted reply remains a reply of its thread.
    `update events set command_digest = null, data = json_strip_nulls(json_build_object(
       'body', '', 'thread', data -> 'thread', 'alsoInConversation', data -> 'alsoInConversation'))
     where stream_id = $1 and seq = any($2::int8[]) and type = 'message.posted'`,
    [stream, messages],
  );
  tx.issue(
    'messages-redact-edited',
    `update events set data = ('{"message":' || (data ->> 'message') || ',"body":""}')::json,
         command_digest = null
     where stream_id = $1 and type = 'message.edited'
       and (data ->> 'message')::int8 = any($2::int8[])`,
    [stream, messages],
  );
  tx.issue(
    'messages-redact-unhidden',
    `update events set data = json_build_object(
         'message', data -> 'message', 'author', data -> 'author', 'body', ''), command_digest = null
     where stream_id = $1 and type = 'message.unhidden'
       and (data ->> 'message')::int8 = any($2::int8[])`,
    [stream, messages],
  );
  tx.issue('messages-redact-previewed', PREVIEWED_REDACTED, [stream, messages, null]);
}

/**
 * Removes previews from events: all of these messages, or those of the messages before a seq.
 * Events without previews are not rewritten: a message that is edited often has thousands of them.
 */
const PREVIEWED_REDACTED = `update events
  set data = ('{"message":' || (data ->> 'message') || ',"previews":[]}')::json, command_digest = null
  where stream_id = $1 and type = 'message.previewed'
    and (data ->> 'message')::int8 = any($2::int8[]) and seq < coalesce($3::int8, 9223372036854775807)
    and (data ->> 'previews' <> '[]' or data -> 'removed' is not null or command_digest is not null)`;

/**
 * Removes earlier previews of a message from the events that carried them, so that the log keeps no
 * text of a page that the message no longer links to, or whose preview was removed.
 */
export function redactPreviews(tx: StatementSink, events: readonly StoredEvent[]): void {
  for (const event of events) {
    const { message } = dataOf(event, 'message.previewed');
    tx.issue('messages-redact-previewed', PREVIEWED_REDACTED, [event.stream, [message], event.seq]);
  }
}
