import type { ConversationRow, MentionRow } from '../tables/rows.ts';
import { isGuest, isMember, mayFind } from './lookups.ts';
import { changed, reads, type Statement, writes } from './statement.ts';

/** The statements that resolve mentions, and those of their projection. */
export const mentionStatements: readonly Statement[] = [
  reads(
    'mentions-users',
    '65a35492cba7',
    (tx, values) => {
      const [names, authors] = values as [string[], string[]];
      return names.flatMap((name, i) =>
        tx.tables.accounts
          .rows()
          .flatMap((row) => tx.see(row) ?? [])
          .filter((a) => a.is_active && a.username.toLowerCase() === name)
          .filter((a) => mayFind(tx, authors[i] as string, a.id))
          .map((a) => ({ n: i + 1, id: a.id })),
      );
    },
    ['n', 'id'],
  ),

  reads(
    'mentions-guests',
    'a2c22749dafc',
    (tx, values) => {
      const [texts, authors] = values as [number[], string[]];
      return texts.flatMap((n, i) => (isGuest(tx, authors[i] as string) ? [{ n }] : []));
    },
    ['n'],
  ),

  reads(
    'mentions-groups',
    '48c4526e207a',
    (tx, values) => {
      const [names, accounts] = values as [string[], string[]];
      return names.flatMap((name, i) => {
        const isOwn = (c: ConversationRow) => isMember(tx, accounts[i] as string, c.id);
        const [first] = tx.tables.conversations
          .rows()
          .flatMap((row) => tx.see(row) ?? [])
          .filter((c) => c.kind === 'group' && c.deleted_at === null)
          .filter((c) => c.name?.toLowerCase().replaceAll(' ', '-') === name.toLowerCase())
          .filter(
            (c) => (c.visibility === 'public' && !isGuest(tx, accounts[i] as string)) || isOwn(c),
          )
          .sort(
            (a, b) =>
              Number(isOwn(b)) - Number(isOwn(a)) ||
              a.created_at - b.created_at ||
              (a.id < b.id ? -1 : 1),
          );
        return first ? [{ n: i + 1, id: first.id }] : [];
      });
    },
    ['n', 'id'],
  ),

  writes('mentions-deleted', '6f908024eeb5', function* (tx, values) {
    const [streams, messages] = values as [string[], number[]];
    const rows = streams.flatMap((stream, n) =>
      tx.rows<MentionRow>(tx.tables.mentionsByMessage.find(stream + messages[n])),
    );
    return changed('DELETE', yield* tx.delete(tx.tables.mentions, rows));
  }),

  writes('mentions-added', '7be30c92fc35', function* (tx, values) {
    const [streams, messages, accounts, seqs, threads] = values as [
      string[],
      number[],
      string[],
      number[],
      (number | null)[],
    ];
    for (const [n, conversation_id] of streams.entries()) {
      yield* tx.insert(tx.tables.mentions, {
        conversation_id,
        message_seq: messages[n] as number,
        account_id: accounts[n] as string,
        seq: seqs[n] as number,
        thread: threads[n] ?? null,
      });
    }
    return changed('INSERT', streams.length);
  }),

  writes('mentions-edited', '8ec4db748369', function* (tx, values) {
    const [conversation_id, message_seq, accounts, seq, thread] = values as [
      string,
      number,
      string[],
      number,
      number | null,
    ];
    const others = tx.rows<MentionRow>(
      tx.tables.mentionsByMessage.find(conversation_id + message_seq),
      (m) => !accounts.includes(m.account_id),
    );
    const hasReplies = tx.all(tx.tables.messagesByThread, conversation_id + message_seq).length > 0;
    const place = thread ?? (hasReplies ? message_seq : null);
    yield* tx.delete(tx.tables.mentions, others);
    let count = 0;
    for (const account_id of accounts) {
      const row = { conversation_id, message_seq, account_id, seq, thread: place };
      if (yield* tx.insert(tx.tables.mentions, row, [tx.tables.mentionsKey])) count++;
    }
    return changed('INSERT', count);
  }),
];
