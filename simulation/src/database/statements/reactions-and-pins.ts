import type { PinRow, ReactionRow } from '../tables/rows.ts';
import { changed, ms, reads, type Statement, writes } from './statement.ts';

/** The statements of the rules and projections of reactions and pins. */
export const reactionAndPinStatements: readonly Statement[] = [
  reads(
    'messages-reactions',
    'ae3ff4746237',
    (tx, values) => {
      const [conversation, message] = values as [string, number];
      return tx
        .all(tx.tables.reactionsByMessage, conversation + message)
        .map(({ emoji, account_id, seq }) => ({ emoji, account_id, seq }));
    },
    ['emoji', 'account_id', 'seq'],
  ),

  reads(
    'messages-pins',
    '43507ca5e887',
    (tx, values) => {
      const [conversation, message] = values as [string, number];
      const pins = tx.all(tx.tables.pinsByConversation, conversation);
      const own = pins.find((pin) => pin.message_seq === message);
      return [{ count: pins.length, own: own?.seq ?? null }];
    },
    ['count', 'own'],
  ),

  writes('messages-deleted-reactions', 'f49700f7f8e4', function* (tx, values) {
    const [streams, messages] = values as [string[], number[]];
    const rows = streams.flatMap((stream, n) =>
      tx.rows<ReactionRow>(tx.tables.reactionsByMessage.find(stream + messages[n])),
    );
    return changed('DELETE', yield* tx.delete(tx.tables.reactions, rows));
  }),

  writes('messages-deleted-pins', 'ee8755d31f86', function* (tx, values) {
    const [streams, messages] = values as [string[], number[]];
    const rows = streams.flatMap((stream, n) =>
      tx.rows<PinRow>(tx.tables.pinsByMessage.find(stream + messages[n])),
    );
    return changed('DELETE', yield* tx.delete(tx.tables.pins, rows));
  }),

  writes(
    'messages-reacted',
    '07fc8feb4121',
    function* (tx, values) {
      const [conversation_id, message_seq, account_id, emoji, seq] = values as [
        string,
        number,
        string,
        string,
        number,
      ];
      const before = tx
        .all(tx.tables.reactionsByMessage, conversation_id + message_seq)
        .filter((r) => r.emoji === emoji);
      const first_seq = Math.min(seq, ...before.map((r) => r.first_seq));
      const row = { conversation_id, message_seq, account_id, emoji, seq, first_seq };
      const isNew = yield* tx.insert(tx.tables.reactions, row, [tx.tables.reactionsKey]);
      return changed('INSERT', isNew ? 1 : 0);
    },
    { texts: [4] },
  ),

  writes(
    'messages-unreacted',
    '6952b2c54682',
    function* (tx, values) {
      const [conversation, message, account, emoji] = values as [string, number, string, string];
      const rows = tx.rows(
        tx.tables.reactionsByMessage.find(conversation + message),
        (r) => r.account_id === account && r.emoji === emoji,
      );
      return changed('DELETE', yield* tx.delete(tx.tables.reactions, rows));
    },
    { texts: [4] },
  ),

  writes('messages-pinned', '5e04034233df', function* (tx, values) {
    const [conversation_id, message_seq, pinned_by, at, seq] = values as [
      string,
      number,
      string,
      string,
      number,
    ];
    const row = { conversation_id, message_seq, pinned_by, pinned_at: ms(at), seq };
    const isNew = yield* tx.insert(tx.tables.pins, row, [tx.tables.pinsByMessage]);
    return changed('INSERT', isNew ? 1 : 0);
  }),

  writes('messages-unpinned', '650cb09bdd02', function* (tx, values) {
    const [conversation, message] = values as [string, number];
    const rows = tx.rows(tx.tables.pinsByMessage.find(conversation + message));
    return changed('DELETE', yield* tx.delete(tx.tables.pins, rows));
  }),
];
