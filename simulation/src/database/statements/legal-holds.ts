import type { EventRow } from '../tables.ts';
import type { Transaction } from '../transaction.ts';
import { eventsFrom } from './hidden.ts';
import { messageOf } from './messages.ts';
import { changed, type Statement, writes } from './statement.ts';

/** The statement that keeps what legal holds cover. They cover groups, whose messages have no files. */
export const legalHoldStatements: readonly Statement[] = [
  // No hold is released while a simulation runs, so nothing waits for the locks of the holds.
  writes('messages-keep-held', 'b32a7946cc43', function* (tx, values) {
    const [stream, seqs] = values as [string, number[]];
    const { legalHolds, heldConversationsKey, heldEvents, heldEventsKey } = tx.tables;
    const holds = legalHolds
      .rows()
      .flatMap((row) => tx.see(row) ?? [])
      .filter(({ id }) => tx.one(heldConversationsKey, id + stream) !== null);
    if (holds.length === 0) return changed('INSERT', 0);
    const events = eventsFrom(tx, stream, Math.min(...seqs));
    const posted = events.filter((e) => e.type === 'message.posted' && seqs.includes(e.seq));
    const versions = posted.flatMap((post) => versionsOf(tx, post, events));
    for (const { id } of holds) {
      for (const { seq, data } of versions) {
        const row = { stream_id: stream, hold_id: id, seq, data };
        yield* tx.insert(heldEvents, row, [heldEventsKey]);
      }
    }
    return changed('INSERT', 0);
  }),
];

/** Returns the events that carry the texts of a message; if it is hidden, as they were before that. */
function versionsOf(
  tx: Transaction,
  post: EventRow,
  events: readonly EventRow[],
): readonly Pick<EventRow, 'seq' | 'data'>[] {
  const hidden = tx.one(tx.tables.hiddenKey, post.stream_id + post.seq);
  if (hidden) return hidden.events;
  const edits = events.filter((e) => e.type === 'message.edited' && messageOf(e.data) === post.seq);
  return [post, ...edits];
}
