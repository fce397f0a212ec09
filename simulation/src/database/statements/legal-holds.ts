import { SHARE, UPDATE } from '../tables/row.ts';
import type { ConversationRow, EventRow, LegalHoldRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { eventsFrom } from './hidden.ts';
import { messageOf } from './messages.ts';
import { changed, jsonTime, msOf, reads, type Statement, selected, writes } from './statement.ts';

/** The statements of legal holds. They cover groups, whose messages have no files, and no accounts. */
export const legalHoldStatements: readonly Statement[] = [
  writes('messages-keep-held', 'b32a7946cc43', function* (tx, values) {
    const [stream, seqs] = values as [string, number[]];
    const { heldEvents, heldEventsKey } = tx.tables;
    const holds = tx.rows(
      tx.tables.legalHolds.rows(),
      (hold) => hold.released_at === null && covers(tx, hold.id, stream),
    );
    if (holds.length === 0) return changed('INSERT', 0);
    const events = eventsFrom(tx, stream, Math.min(...seqs));
    const posted = events.filter((e) => e.type === 'message.posted' && seqs.includes(e.seq));
    const versions = posted.flatMap((post) => versionsOf(tx, post, events));
    if (versions.length === 0) return changed('INSERT', 0);
    for (const row of holds) {
      // The hold may have been released during the wait.
      const hold = yield* tx.lock(row, SHARE);
      if (!hold || hold.released_at !== null) continue;
      for (const { seq, data } of versions) {
        const held = { stream_id: stream, hold_id: hold.id, seq, data };
        yield* tx.insert(heldEvents, held, [heldEventsKey]);
      }
    }
    return changed('INSERT', 0);
  }),

  writes(
    'legal-holds-owner',
    '115cc41b34b2',
    function* (tx, [account]) {
      const [row] = tx.rows(tx.tables.accountsById.find(account as string), (a) => a.is_active);
      const locked = row && (yield* tx.lock(row, SHARE));
      // No account is suspended in a simulation.
      return selected(locked?.is_active ? [{ role: locked.role }] : []);
    },
    { columns: ['role'] },
  ),

  reads('legal-holds-targets', '377e6cb6216d', (tx, values) => {
    const [accounts, conversations] = values as [string[], string[]];
    return [
      {
        accounts: accounts.filter((id) => tx.one(tx.tables.accountsById, id)).length,
        conversations: conversations.filter((id) => tx.one(tx.tables.conversationsById, id)).length,
      },
    ];
  }),

  reads('legal-holds-count', 'e2acdfc1bf71', (tx) => [
    { count: tx.rows(tx.tables.legalHolds.rows(), (h) => h.released_at === null).length },
  ]),

  writes('legal-holds-insert', '85dfc34322fd', function* (tx, values) {
    const [id, name, reason, , , created_by, created_at] = values as [
      string,
      string,
      string,
      null,
      null,
      string,
      Date | string,
    ];
    const inForce = { released_at: null, released_by: null, purged_at: null };
    const hold = { id, name, reason, created_by, created_at: msOf(created_at), ...inForce };
    yield* tx.insert(tx.tables.legalHolds, hold);
    return changed('INSERT', 1);
  }),

  {
    name: 'legal-holds-insert-accounts',
    digest: '5de562dd37f2',
    run: () => changed('INSERT', 0),
  },

  writes('legal-holds-insert-conversations', '445fded63a3c', function* (tx, values) {
    const [hold_id, conversations] = values as [string, string[]];
    for (const conversation_id of conversations) {
      yield* tx.insert(tx.tables.heldConversations, { conversation_id, hold_id });
    }
    return changed('INSERT', conversations.length);
  }),

  // The lock of the account that `released_by` refers to conflicts with none of the other statements.
  writes('legal-holds-release', '6ebd4f35b186', function* (tx, values) {
    const [id, at, released_by] = values as [string, Date | string, string];
    const isInForce = (hold: LegalHoldRow) => hold.released_at === null;
    const rows = tx.rows(tx.tables.legalHoldsById.find(id), isInForce);
    const released = yield* tx.update(tx.tables.legalHolds, rows, isInForce, (hold) => ({
      ...hold,
      released_at: msOf(at),
      released_by,
    }));
    return changed('UPDATE', released.length);
  }),

  reads('legal-holds-one', 'ce895b5784ad', (tx, [id]) =>
    tx.all(tx.tables.legalHoldsById, id as string).map((hold) => ({ item: holdJson(tx, hold) })),
  ),

  reads(
    'legal-holds-to-purge',
    'b282738fa44f',
    (tx) =>
      tx.tables.legalHolds
        .rows()
        .flatMap((row) => tx.see(row) ?? [])
        .filter((hold) => hold.released_at !== null && hold.purged_at === null)
        .sort((a, b) => (a.released_at ?? 0) - (b.released_at ?? 0) || (a.id < b.id ? -1 : 1))
        .map(({ id }) => ({ id })),
    ['id'],
  ),

  writes('legal-holds-purge-held_events', 'ecb9d1f7bff4', function* (tx, values) {
    const [hold, limit] = values as [string, number];
    // `skip locked`: other nodes may be deleting some of them.
    const rows = tx
      .rows(tx.tables.heldEventsByHold.find(hold))
      .filter((row) => tx.tryLock(row, UPDATE))
      .slice(0, limit);
    return changed('DELETE', yield* tx.delete(tx.tables.heldEvents, rows));
  }),

  ...[
    ['held_files', 'f60c5735a03c'],
    ['held_names', '1fd89e3a130b'],
  ].map(([table, digest]) => ({
    name: `legal-holds-purge-${table}`,
    digest: digest as string,
    run: () => changed('DELETE', 0),
  })),

  writes('legal-holds-purged', '962af2023edc', function* (tx, values) {
    const [id, at] = values as [string, Date | string];
    const isEmptied = (hold: LegalHoldRow) =>
      hold.purged_at === null && tx.all(tx.tables.heldEventsByHold, id).length === 0;
    const rows = tx.rows(tx.tables.legalHoldsById.find(id), isEmptied);
    const purged = yield* tx.update(tx.tables.legalHolds, rows, isEmptied, (hold) => ({
      ...hold,
      purged_at: msOf(at),
    }));
    return changed('UPDATE', purged.length);
  }),

  reads(
    'legal-holds-export-conversations',
    '0dd3550ee2b3',
    (tx, values) => {
      const [hold, after, limit] = values as [string, string | null, number];
      return conversationsOf(tx, hold)
        .filter(({ id }) => after === null || id > after)
        .slice(0, limit)
        .map(({ id, kind, name }) => ({
          id,
          head: tx.one(tx.tables.streamsById, id)?.last_seq ?? 0,
          // No direct conversation is covered, whose members would be listed.
          line: JSON.stringify({
            type: 'conversation',
            conversation: id,
            kind,
            name,
            members: null,
          }),
        }));
    },
    ['id', 'head', 'line'],
  ),

  reads(
    'legal-holds-export-events',
    'a8259b9e36c7',
    (tx, values) => {
      const [id, stream, after, end, limit] = values as [string, string, number, number, number];
      const hold = tx.one(tx.tables.legalHoldsById, id);
      if (!hold || hold.released_at !== null || !covers(tx, id, stream)) return [];
      return eventsFrom(tx, stream, after + 1)
        .filter(({ seq, type }) => seq <= end && EXPORTED.has(type))
        .flatMap((event) => {
          const line = exportedLine(tx, id, event);
          return line ? [{ seq: event.seq, line: JSON.stringify(line) }] : [];
        })
        .slice(0, limit);
    },
    ['seq', 'line'],
  ),
];

/** The types of the events that an export has. */
const EXPORTED: ReadonlySet<string> = new Set([
  'message.posted',
  'message.edited',
  'message.deleted',
  'message.hidden',
  'message.unhidden',
]);

/** Returns whether a legal hold covers a conversation. */
const covers = (tx: Transaction, hold: string, conversation: string): boolean =>
  tx.one(tx.tables.heldConversationsKey, hold + conversation) !== null;

/** Returns the conversations that a legal hold covers, by their ids. */
const conversationsOf = (tx: Transaction, hold: string): ConversationRow[] =>
  tx.tables.conversations
    .rows()
    .flatMap((row) => tx.see(row) ?? [])
    .filter(({ id }) => covers(tx, hold, id))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const holdJson = (tx: Transaction, hold: LegalHoldRow) => ({
  id: hold.id,
  name: hold.name,
  reason: hold.reason,
  accounts: [],
  conversations: conversationsOf(tx, hold.id).map(({ id, name }) => ({ id, name })),
  since: null,
  until: null,
  createdBy: hold.created_by,
  createdAt: jsonTime(hold.created_at),
  releasedAt: jsonTime(hold.released_at),
  purgedAt: jsonTime(hold.purged_at),
  heldVersions: tx.all(tx.tables.heldEventsByHold, hold.id).length,
});

/** Returns the line of an event in the export of a hold; null if its message is not covered. */
function exportedLine(tx: Transaction, hold: string, event: EventRow): object | null {
  const { stream_id, seq, type, at, actor_id } = event;
  const message = type === 'message.posted' ? seq : messageOf(event.data);
  if (!tx.one(tx.tables.messagesByKey, stream_id + message)) return null;
  const held = tx.one(tx.tables.heldEventsKey, hold + stream_id + seq);
  const hidden = tx.one(tx.tables.hiddenKey, stream_id + message);
  const data = held?.data ?? hidden?.events.find((e) => e.seq === seq)?.data ?? event.data;
  const account = tx.one(tx.tables.accountsById, actor_id);
  return {
    type,
    conversation: stream_id,
    seq,
    message,
    at: jsonTime(at),
    account: actor_id,
    username: account?.username ?? null,
    displayName: account?.display_name ?? null,
    data: JSON.parse(data) as object,
  };
}

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
