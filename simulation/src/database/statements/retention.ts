import type { ConversationRow, MessageRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { changed, msOf, reads, type Statement, time, writes } from './statement.ts';

/** The statements that delete expired messages. No setting of the server is changed in a simulation. */
export const retentionStatements: readonly Statement[] = [
  reads('settings-read', '6286d330be60', () => [], ['name', 'value']),
  reads('retention-settings', '441cb9e66bca', () => [], ['name', 'value']),

  reads(
    'retention-choice',
    'acab651b99d5',
    (tx, [conversation]) =>
      tx.all(tx.tables.retentionKey, conversation as string).map(({ days }) => ({ days })),
    ['days'],
  ),

  reads(
    'retention-next',
    '7f01e156bab2',
    (tx, values) => {
      const [conversation, limit] = values as [string, number];
      const now = time(tx.tables.now());
      return remainingOf(tx, conversation, limit).map(({ seq, posted_at }) => ({
        seq,
        posted_at: time(posted_at),
        now,
      }));
    },
    ['seq', 'posted_at', 'now'],
  ),

  writes('retention-progress', '153ac93d8f11', function* (tx, values) {
    const [conversation_id, up_to] = values as [string, number];
    const { retentionProgress, retentionProgressKey } = tx.tables;
    const row = { conversation_id, up_to };
    yield* tx.upsert(retentionProgress, row, retentionProgressKey, (before) => ({
      ...before,
      up_to: Math.max(before.up_to, up_to),
    }));
    return changed('INSERT', 1);
  }),

  writes('retention-set', '677aa044bcfb', function* (tx, values) {
    const [conversation_id, days, seq] = values as [string, number, number];
    const { groupRetention, retentionKey } = tx.tables;
    const row = { conversation_id, days, seq };
    yield* tx.upsert(groupRetention, row, retentionKey, () => row);
    return changed('INSERT', 1);
  }),

  writes('retention-unset', 'd07af7d98091', function* (tx, [conversation]) {
    const { groupRetention, retentionKey } = tx.tables;
    const rows = tx.rows(retentionKey.find(conversation as string));
    return changed('DELETE', yield* tx.delete(groupRetention, rows));
  }),

  reads('retention-choices', '276e97d9a2a6', (tx) => {
    const choices = tx.tables.groupRetention.rows().flatMap((row) => tx.see(row)?.days ?? []);
    return [...new Set(choices)].map((days) => ({ days }));
  }),

  reads('retention-conversations', 'c61c40da0373', (tx, values) => {
    const [choices, times, after, at, limit] = values as [
      (number | null)[],
      Date[],
      string | null,
      Date,
      number,
    ];
    const hasExpired = ({ id }: ConversationRow) => {
      const choice = tx.one(tx.tables.retentionKey, id)?.days ?? null;
      const [oldest] = remainingOf(tx, id, 1);
      const cutoff = times[choices.indexOf(choice)];
      if (!oldest || !cutoff || (after !== null && id <= after)) return false;
      return oldest.posted_at < msOf(cutoff) || oldest.posted_at > msOf(at);
    };
    return tx.tables.conversations
      .rows()
      .flatMap((row) => tx.see(row) ?? [])
      .filter(hasExpired)
      .map(({ id }) => ({ id }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, limit);
  }),
];

/** Returns the seq up to which all messages of a conversation have expired. */
export const expiredUpTo = (tx: Transaction, conversation: string): number =>
  tx.one(tx.tables.retentionProgressKey, conversation)?.up_to ?? 0;

/** Returns the oldest messages of a conversation that are not deleted. */
function remainingOf(tx: Transaction, conversation: string, limit: number): MessageRow[] {
  const found: MessageRow[] = [];
  const first = expiredUpTo(tx, conversation) + 1;
  for (const row of tx.tables.messagesByPlace.from(conversation, first)) {
    if (found.length >= limit) break;
    const message = tx.see(row);
    if (message && message.deleted_at === null) found.push(message);
  }
  return found;
}
