import type { Seq, StreamId } from '@parley/protocol';
import type { StreamTransaction } from '../stream/stream-transaction.ts';

/**
 * Takes the text of messages that are being deleted out of the events that brought it: who was away
 * must not be sent what its author has taken back. The events stay, so the log has no hole, and all
 * that follows from it is the same. To be called in the transaction that makes `message.deleted`.
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
