import { LIMITS } from '@parley/protocol';
import type { MessagePartRow, PollVoteRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { changed, jsonTime, ms, reads, type Statement, time, writes } from './statement.ts';

/** The statements of polls. */
export const pollStatements: readonly Statement[] = [
  writes('parts-added', '3b2307fad0f9', function* (tx, values) {
    const [conversations, seqs, forwarded, polls] = values as [
      string[],
      number[],
      (string | null)[],
      (string | null)[],
    ];
    for (const [n, conversation_id] of conversations.entries()) {
      yield* tx.insert(tx.tables.messageParts, {
        conversation_id,
        message_seq: seqs[n] as number,
        forwarded_from: JSON.parse(forwarded[n] ?? 'null'),
        poll: JSON.parse(polls[n] ?? 'null'),
        closed_at: null,
      });
    }
    return changed('INSERT', conversations.length);
  }),

  writes('parts-deleted', 'eb9aa8a66880', function* (tx, values) {
    const [conversations, seqs] = values as [string[], number[]];
    const { messageParts, partsKey, pollVotes, votesByMessage } = tx.tables;
    const keys = [...new Set(conversations.map((id, n) => id + seqs[n]))];
    const parts = keys.flatMap((key) => tx.rows<MessagePartRow>(partsKey.find(key)));
    const votes = keys.flatMap((key) => tx.rows<PollVoteRow>(votesByMessage.find(key)));
    const count = yield* tx.delete(messageParts, parts);
    yield* tx.delete(pollVotes, votes);
    return changed('DELETE', count);
  }),

  reads(
    'polls-one',
    '3adb13b5e02e',
    (tx, values) => {
      const [conversation, seq, account] = values as [string, number, string];
      const part = tx.one(tx.tables.partsKey, conversation + seq);
      if (!part?.poll) return [];
      const vote = tx.one(tx.tables.votesKey, `${conversation}${seq}${account}`);
      return [
        {
          poll: part.poll,
          closed_at: part.closed_at === null ? null : time(part.closed_at),
          choices: vote?.choices ?? null,
          seq: vote?.seq ?? null,
        },
      ];
    },
    ['poll', 'closed_at', 'choices', 'seq'],
  ),

  writes(
    'polls-voted',
    '99ecc0ac5697',
    function* (tx, values) {
      const [conversation_id, message_seq, account_id, choices, seq] = values as [
        string,
        number,
        string,
        number[],
        number,
      ];
      const row = { conversation_id, message_seq, account_id, choices, seq };
      const { pollVotes, votesKey } = tx.tables;
      yield* tx.upsert(pollVotes, row, votesKey, (before) => ({ ...before, choices, seq }));
      return changed('INSERT', 1);
    },
    { arrays: [4] },
  ),

  writes('polls-unvoted', '88c19db44cda', function* (tx, values) {
    const [conversation, seq, account] = values as [string, number, string];
    const rows = tx.rows<PollVoteRow>(tx.tables.votesKey.find(`${conversation}${seq}${account}`));
    return changed('DELETE', yield* tx.delete(tx.tables.pollVotes, rows));
  }),

  writes('polls-closed', '33c18c36dfed', function* (tx, values) {
    const [conversation, seq, at] = values as [string, number, string];
    const isOpen = (part: MessagePartRow) => part.closed_at === null;
    const rows = tx.rows(tx.tables.partsKey.find(conversation + seq), isOpen);
    const next = (part: MessagePartRow) => ({ ...part, closed_at: ms(at) });
    const closed = yield* tx.update(tx.tables.messageParts, rows, isOpen, next);
    return changed('UPDATE', closed.length);
  }),
];

/** Returns the poll of a message with its votes as `reader` sees it; null if the message has none. */
export function pollJson(tx: Transaction, key: string, reader: string) {
  const part = tx.one(tx.tables.partsKey, key);
  if (!part?.poll) return null;
  const { choices, isMultiple, endsAt } = part.poll;
  const votes = tx.all(tx.tables.votesByMessage, key).sort((a, b) => a.seq - b.seq);
  return {
    choices: choices.map((text, n) => {
      const ids = votes.filter((v) => v.choices.includes(n)).map((v) => v.account_id);
      const accounts = ids.filter((id, place) => place < LIMITS.pollAccounts || id === reader);
      return { text, votes: ids.length, accounts };
    }),
    voters: votes.length,
    isMultiple,
    endsAt,
    closedAt: jsonTime(part.closed_at),
  };
}
