import type { Mention } from '@parley/protocol';
import type { MembershipRow, MessageRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { changed, listForms, ms, type Statement, writes } from './statement.ts';

/** The statements of the projection of messages. */
export const messageProjectionStatements: readonly Statement[] = [
  writes('messages-slow-post', '02186a43e4e7', function* (tx, values) {
    const [conversation, account, at] = values as [string, string, string];
    const isCurrent = (m: MembershipRow) => m.left_seq === null;
    const written = yield* tx.update(
      tx.tables.memberships,
      tx.rows(tx.tables.membershipsByPair.find(conversation + account), isCurrent),
      isCurrent,
      (m) => ({ ...m, slow_posted_at: ms(at) }),
    );
    return changed('UPDATE', written.length);
  }),

  ...listForms(
    writes('messages-posted', '40093d176cb1', function* (tx, values) {
      const [streams, seqs, authors, bodies, ats, quoted, mentions, threads, also] = values as [
        string[],
        number[],
        string[],
        string[],
        string[],
        (number | null)[],
        (string | null)[],
        (number | null)[],
        boolean[],
      ];
      for (const [n, conversation_id] of streams.entries()) {
        yield* tx.insert(tx.tables.messages, {
          conversation_id,
          seq: seqs[n] as number,
          author_id: authors[n] as string,
          body: bodies[n] as string,
          posted_at: ms(ats[n] as string),
          edited_at: null,
          deleted_at: null,
          hidden_at: null,
          changed_seq: seqs[n] as number,
          reply_to: quoted[n] ?? null,
          mentions: mentionsIn(mentions[n]),
          thread: threads[n] ?? null,
          // Text if it is a separate parameter.
          also_in_conversation: String(also[n]) === 'true',
        });
      }
      return changed('INSERT', streams.length);
    }),
    '8f37328af422',
  ),

  writes(
    'messages-edited',
    '8694afb2d7d3',
    function* (tx, values) {
      const [conversation, message, body, at, seq, mentions] = values as [
        string,
        number,
        string,
        string,
        number,
        string | null,
      ];
      const edited_at = ms(at);
      return yield* changeMessage(tx, conversation, message, seq, (m) => ({
        ...m,
        body,
        edited_at,
        changed_seq: seq,
        mentions: mentionsIn(mentions),
      }));
    },
    { texts: [3] },
  ),

  writes('messages-changed', 'd15bcb8aed75', function* (tx, values) {
    const [conversation, message, seq] = values as [string, number, number];
    return yield* changeMessage(tx, conversation, message, seq, (m) => ({
      ...m,
      changed_seq: seq,
    }));
  }),

  writes('messages-deleted', '2ee59235a7be', function* (tx, values) {
    const [streams, messages, ats, seqs] = values as [string[], number[], string[], number[]];
    const found = streams.map((stream, n) =>
      tx.rows(
        tx.tables.messagesByKey.find(stream + messages[n]),
        (m) => m.changed_seq < (seqs[n] as number),
      ),
    );
    let count = 0;
    for (const [n, rows] of found.entries()) {
      const [seq, deleted_at] = [seqs[n] as number, ms(ats[n] as string)];
      const deleted = yield* tx.update(
        tx.tables.messages,
        rows,
        (m) => m.changed_seq < seq,
        (m) => ({ ...m, body: '', deleted_at, changed_seq: seq, reply_to: null, mentions: null }),
      );
      count += deleted.length;
    }
    return changed('UPDATE', count);
  }),

  // No simulated client attaches files.
  // biome-ignore lint/correctness/useYield: nothing is locked
  writes('attachments-deleted', 'c225645f6f8d', function* () {
    return changed('DELETE', 0);
  }),
];

/** Returns the mentions in a JSON text, as `jsonb` holds them. */
export const mentionsIn = (text: string | null | undefined): MessageRow['mentions'] =>
  text ? (JSON.parse(text) as Mention[]) : null;

/** Returns the message that an edit is of, from the data of its event. */
export const messageOf = (data: string): number =>
  (JSON.parse(data) as { message: number }).message;

/** Changes a message unless a later event has changed it. */
export function* changeMessage(
  tx: Transaction,
  conversation: string,
  message: number,
  seq: number,
  next: (message: MessageRow) => MessageRow,
) {
  const isEarlier = (m: MessageRow) => m.changed_seq < seq;
  const rows = tx.rows(tx.tables.messagesByKey.find(conversation + message), isEarlier);
  const written = yield* tx.update(tx.tables.messages, rows, isEarlier, next);
  return changed('UPDATE', written.length);
}
