import type { Seq } from '@parley/protocol';
import type { StoredEvent } from '../../stream/record.ts';
import type { StatementSink } from '../../stream/stream-transaction.ts';

/** Records that an event has changed a message. */
export function messageChanged(tx: StatementSink, event: StoredEvent, message: Seq): void {
  tx.issue(
    'messages-changed',
    `update messages set changed_seq = $3
     where conversation_id = $1 and seq = $2 and changed_seq < $3`,
    [event.stream, message, event.seq],
  );
}
