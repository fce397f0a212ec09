import type { MessageRow } from '../tables/rows.ts';
import { messageOf } from './messages.ts';
import { changed, reads, type Statement, writes } from './statement.ts';

/** The statements that find the messages of an erased account, and redact deleted and edited ones. */
export const messageErasureStatements: readonly Statement[] = [
  reads('messages-to-erase', 'bf1d741c1a19', (tx, values) => {
    const [conversation, author, after, limit] = values as [string, string, number, number];
    const rows = tx.rows(tx.tables.messagesByPlace.from(conversation, after + 1), (m) =>
      isOpenOf(m, author),
    );
    return rows.slice(0, limit).map((row) => ({ seq: (tx.see(row) as MessageRow).seq }));
  }),

  reads(
    'messages-still-to-erase',
    '03d032b16368',
    (tx, values) => {
      const [conversation, author, seqs] = values as [string, string | null, number[]];
      return [...new Set(seqs)]
        .sort((a, b) => a - b)
        .flatMap((seq) => tx.all(tx.tables.messagesByKey, conversation + seq))
        .filter((m) => isOpenOf(m, author))
        .map(({ seq, author_id, thread, also_in_conversation }) => ({
          seq,
          author_id,
          thread,
          also_in_conversation,
          files: null,
        }));
    },
    ['seq', 'author_id', 'thread', 'also_in_conversation', 'files'],
  ),

  // No message of a simulation has a link.
  {
    name: 'messages-redact-previewed',
    digest: '2ec9984a275c',
    run: () => changed('UPDATE', 0),
  },

  // No simulated client reports a message.
  {
    name: 'messages-erase-reported',
    digest: '9485eb66fdfe',
    run: () => changed('UPDATE', 0),
  },

  {
    name: 'conversations-reports-closed',
    digest: 'cd6628925163',
    run: () => changed('UPDATE', 0),
  },

  writes('messages-redact-posted', 'b647fd720ab0', function* (tx, values) {
    const [stream, seqs] = values as [string, number[]];
    const { events, eventsByPlace } = tx.tables;
    const rows = [...new Set(seqs)]
      .sort((a, b) => a - b)
      .flatMap((seq) => tx.rows(upTo(eventsByPlace.from(stream, seq), seq)))
      .filter((row) => tx.see(row)?.type === 'message.posted');
    const redacted = yield* tx.update(
      events,
      rows,
      (e) => e.type === 'message.posted',
      (e) => {
        const { thread, alsoInConversation } = JSON.parse(e.data) as Record<string, unknown>;
        const data = JSON.stringify({ body: '', thread, alsoInConversation });
        return { ...e, data, command_digest: null };
      },
    );
    return changed('UPDATE', redacted.length);
  }),

  writes('messages-redact-edited', '8401f7377101', function* (tx, values) {
    const [stream, seqs] = values as [string, number[]];
    const first = Math.min(...seqs);
    const isEdit = (e: { type: string; data: string }) =>
      e.type === 'message.edited' && seqs.includes(messageOf(e.data));
    const redacted = yield* tx.update(
      tx.tables.events,
      tx.rows(tx.tables.eventsByPlace.from(stream, first), isEdit),
      isEdit,
      (e) => ({
        ...e,
        data: `{"message":${messageOf(e.data)},"body":""}`,
        command_digest: null,
      }),
    );
    return changed('UPDATE', redacted.length);
  }),
];

/** Whether a message is not deleted and is of an author, or of anyone if it is null. */
const isOpenOf = (message: MessageRow, author: string | null): boolean =>
  (author === null || message.author_id === author) && message.deleted_at === null;

/** Yields the rows of a series whose first is at `seq`, while they are there. */
function* upTo<R extends { committed: { seq: number } | null; pending: { seq: number } | null }>(
  rows: Iterable<R>,
  seq: number,
): Generator<R> {
  for (const row of rows) {
    if ((row.pending ?? row.committed)?.seq !== seq) return;
    yield row;
  }
}
