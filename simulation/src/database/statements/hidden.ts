import type { EventData } from '@parley/protocol';
import type { EventRow, HiddenMessageRow } from '../tables/rows.ts';
import type { Transaction } from '../tables/transaction.ts';
import { changeMessage, mentionsIn, messageOf } from './messages.ts';
import { changed, ms, reads, type Statement, writes } from './statement.ts';

/** The statements that hide and unhide messages. No message of a simulation has links or files. */
export const hiddenMessageStatements: readonly Statement[] = [
  reads(
    'messages-to-hide',
    'aa6946f4a756',
    (tx, values) => {
      const [conversation, seq] = values as [string, number];
      const message = tx.one(tx.tables.messagesByKey, conversation + seq);
      if (!message) return [];
      const { author_id, thread, also_in_conversation, deleted_at, hidden_at } = message;
      return [
        {
          author: author_id,
          thread,
          also_in_conversation,
          previews: null,
          is_deleted: deleted_at !== null,
          is_hidden: hidden_at !== null,
          is_poll: (tx.one(tx.tables.partsKey, conversation + seq)?.poll ?? null) !== null,
        },
      ];
    },
    ['author', 'thread', 'also_in_conversation', 'previews', 'is_deleted', 'is_hidden', 'is_poll'],
  ),

  reads(
    'messages-to-unhide',
    'ae38d1100e8e',
    (tx, values) => {
      const [conversation, seq] = values as [string, number];
      const hidden = tx.one(tx.tables.hiddenKey, conversation + seq);
      return hidden ? [textsOf(hidden)] : [];
    },
    ['posted', 'latest', 'removed_previews'],
  ),

  reads(
    'messages-hidden-as-server-admin',
    '619fde724227',
    (tx, values) => {
      const [actor, conversation, seq] = values as [string, string, number];
      const account = tx.one(tx.tables.accountsById, actor);
      const hidden = tx.one(tx.tables.hiddenKey, conversation + seq);
      const message = tx.one(tx.tables.messagesByKey, conversation + seq);
      const found = tx.one(tx.tables.conversationsById, conversation);
      // No account is suspended in a simulation.
      const mayAct = account?.is_active === true && account.role !== 'member';
      if (!mayAct || hidden?.hidden_by !== actor || !message) return [];
      if (!found || found.deleted_at !== null) return [];
      const { author_id: author, thread, also_in_conversation } = message;
      return [{ ...textsOf(hidden), author, thread, also_in_conversation }];
    },
    ['posted', 'latest', 'removed_previews', 'author', 'thread', 'also_in_conversation'],
  ),

  writes('messages-keep-hidden', 'ca27102cfa68', function* (tx, values) {
    const [conversation_id, message_seq, hidden_by] = values as [string, number, string];
    const [posted] = eventsFrom(tx, conversation_id, message_seq);
    if (posted?.seq !== message_seq) return changed('INSERT', 0);
    const edits = eventsFrom(tx, conversation_id, 0).filter(
      (e) => e.type === 'message.edited' && messageOf(e.data) === message_seq,
    );
    const events = [posted, ...edits]
      .sort((a, b) => a.seq - b.seq)
      .map(({ seq, data, command_digest }) => ({
        seq,
        data,
        digest: command_digest?.toString('hex') ?? null,
      }));
    const row = { conversation_id, message_seq, events, hidden_by };
    const isNew = yield* tx.insert(tx.tables.hiddenMessages, row, [tx.tables.hiddenKey]);
    return changed('INSERT', isNew ? 1 : 0);
  }),

  writes('messages-hidden', 'a77f91fd1e2a', function* (tx, values) {
    const [conversation, message, at, seq] = values as [string, number, string, number];
    const hidden_at = ms(at);
    return yield* changeMessage(tx, conversation, message, seq, (m) => ({
      ...m,
      body: '',
      hidden_at,
      changed_seq: seq,
      reply_to: null,
      mentions: null,
    }));
  }),

  writes(
    'messages-unhidden',
    '209d50edac67',
    function* (tx, values) {
      const [conversation, message, body, seq, reply_to, mentions] = values as [
        string,
        number,
        string,
        number,
        number | null,
        string | null,
      ];
      return yield* changeMessage(tx, conversation, message, seq, (m) => ({
        ...m,
        body,
        hidden_at: null,
        changed_seq: seq,
        reply_to,
        mentions: mentionsIn(mentions),
      }));
    },
    { texts: [3] },
  ),

  writes('messages-texts-restored', '1f9182d52955', function* (tx, values) {
    const [conversation, message] = values as [string, number];
    const { hiddenMessages, hiddenKey, events, eventsByPlace } = tx.tables;
    const hidden = tx.rows<HiddenMessageRow>(hiddenKey.find(conversation + message));
    const kept = new Map(
      hidden.flatMap((row) => tx.see(row)?.events ?? []).map((event) => [event.seq, event]),
    );
    const isKept = (e: EventRow) => kept.has(e.seq);
    const rows = tx.rows(eventsByPlace.from(conversation, 0), isKept);
    if ((yield* tx.delete(hiddenMessages, hidden)) === 0) return changed('UPDATE', 0);
    const restored = yield* tx.update(events, rows, isKept, (e) => {
      const { data, digest } = kept.get(e.seq) as HiddenMessageRow['events'][number];
      return { ...e, data, command_digest: digest === null ? null : Buffer.from(digest, 'hex') };
    });
    return changed('UPDATE', restored.length);
  }),

  writes('messages-drop-hidden', '2b9ceab06aee', function* (tx, values) {
    const [conversation, messages] = values as [string, number[]];
    const rows = [...new Set(messages)]
      .sort((a, b) => a - b)
      .flatMap((seq) => tx.rows<HiddenMessageRow>(tx.tables.hiddenKey.find(conversation + seq)));
    yield* tx.delete(tx.tables.hiddenMessages, rows);
    return changed('UPDATE', 0);
  }),

  writes('messages-redact-unhidden', 'f7dee440406d', function* (tx, values) {
    const [stream, messages] = values as [string, number[]];
    const isShown = (e: EventRow) =>
      e.type === 'message.unhidden' && messages.includes(messageOf(e.data));
    const first = Math.min(...messages);
    const redacted = yield* tx.update(
      tx.tables.events,
      tx.rows(tx.tables.eventsByPlace.from(stream, first), isShown),
      isShown,
      (e) => {
        const { message, author = null } = JSON.parse(e.data) as {
          message: number;
          author: string;
        };
        // As json_build_object formats it.
        const data = `{"message" : ${message}, "author" : ${JSON.stringify(author)}, "body" : ""}`;
        return { ...e, data, command_digest: null };
      },
    );
    return changed('UPDATE', redacted.length);
  }),
];

/** Returns the events of a stream from a seq on, in their order. */
export const eventsFrom = (tx: Transaction, stream: string, seq: number): EventRow[] =>
  tx.rows(tx.tables.eventsByPlace.from(stream, seq)).flatMap((row) => tx.see(row) ?? []);

/** Returns the content of a hidden message: what it was posted with, and its latest text. */
function textsOf({ events }: HiddenMessageRow) {
  const [posted, latest] = [events.at(0), events.at(-1)].map(
    (event) => JSON.parse(event?.data ?? 'null') as EventData<'message.posted'> | null,
  );
  return { posted, latest, removed_previews: [] };
}
