import type { Seq, StreamId } from '@parley/protocol';
import type { StreamTransaction } from '../stream/stream-transaction.ts';

/**
 * Removes the text of messages from the events that carried it, so that no replay sends a deleted
 * text. The events themselves remain: the log has no gap, and the projections are unchanged. Call it
 * in the transaction that stores `message.deleted`.
 */
export async function redact(
  tx: StreamTransaction,
  stream: StreamId,
  messages: readonly Seq[],
): Promise<void> {
  await tx.query(
    'messages-redact-posted',
    `update events set data = '{"body":""}', command_digest = null
     where stream_id = $1 and seq = any($2::int8[]) and type = 'message.posted'`,
    [stream, messages],
  );
  await tx.query(
    'messages-redact-edited',
    `update events set data = ('{"message":' || (data ->> 'message') || ',"body":""}')::json,
         command_digest = null
     where stream_id = $1 and type = 'message.edited'
       and (data ->> 'message')::int8 = any($2::int8[])`,
    [stream, messages],
  );
}
