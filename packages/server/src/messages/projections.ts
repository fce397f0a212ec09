import type { AccountId, EventType, Mention, Seq } from '@parley/protocol';
import { listStatement } from '../storage/list-statement.ts';
import { dataOf, type StoredEvent } from '../stream/record.ts';
import type { Projection, StatementSink } from '../stream/stream-transaction.ts';
import { deleteAttachments, insertAttachments } from './attachments.ts';
import { messageChanged } from './message-changed.ts';
import {
  deleteParts,
  insertParts,
  pollProjections,
  previewProjections,
} from './part-projections.ts';
import { addReplies, changeRoots, deleteReplies } from './thread-projections.ts';

const POSTED = listStatement(
  'messages-posted',
  [
    {
      conversation_id: 'uuid',
      seq: 'int8',
      author_id: 'uuid',
      body: 'text',
      at: 'timestamptz',
      reply_to: 'int8',
      mentions: 'text',
      thread: 'int8',
      also_in_conversation: 'bool',
    },
  ],
  (messages) =>
    `insert into messages (conversation_id, seq, author_id, body, posted_at, changed_seq, reply_to,
                           mentions, thread, also_in_conversation)
     select e.conversation_id, e.seq, e.author_id, e.body, e.at, e.seq, e.reply_to,
            e.mentions::jsonb, e.thread, e.also_in_conversation
     from ${messages.rows} e`,
);

/** The projections of messages, mentions, reactions and pins. */
export const messageProjections = {
  ...pollProjections,
  ...previewProjections,

  'message.posted': (tx, events) => {
    const data = events.map((e) => dataOf(e, 'message.posted'));
    const { name, text, values } = POSTED([
      events.map((e) => e.stream),
      events.map((e) => e.seq),
      events.map((e) => e.actor),
      data.map((d) => d.body),
      events.map((e) => e.at),
      data.map((d) => d.replyTo ?? null),
      data.map((d) => toJson(d.mentions)),
      data.map((d) => d.thread ?? null),
      data.map((d) => d.alsoInConversation ?? false),
    ]);
    tx.issue(name, text, values);
    const threads = data.map((d) => d.thread);
    insertMentions(
      tx,
      events.map((event, n) => {
        const { mentions, thread } = data[n] ?? {};
        return { event, message: event.seq, mentions, thread };
      }),
    );
    insertAttachments(
      tx,
      events.map((event, n) => ({ event, attachments: data[n]?.attachments })),
    );
    addReplies(tx, events, threads);
    insertParts(tx, events);
  },

  'message.edited': (tx, events) => {
    for (const e of events) {
      const { message, body, mentions, thread } = dataOf(e, 'message.edited');
      tx.issue(
        'messages-edited',
        `update messages set body = $3, edited_at = $4, changed_seq = $5, mentions = $6::jsonb
         where conversation_id = $1 and seq = $2 and changed_seq < $5`,
        [e.stream, message, body, e.at, e.seq, toJson(mentions)],
      );
      changeMentions(tx, e, { message, mentions, thread });
    }
  },

  'message.deleted': (tx, events) => {
    // In bulk: the erasure of an account deletes many messages.
    const streams = events.map((e) => e.stream);
    const messages = events.map((e) => dataOf(e, 'message.deleted').message);
    tx.issue(
      'messages-deleted',
      `update messages m set body = '', deleted_at = e.at, changed_seq = e.seq, reply_to = null,
         mentions = null
       from unnest($1::uuid[], $2::int8[], $3::timestamptz[], $4::int8[])
         as e (conversation_id, message, at, seq)
       where m.conversation_id = e.conversation_id and m.seq = e.message and m.changed_seq < e.seq`,
      [streams, messages, events.map((e) => e.at), events.map((e) => e.seq)],
    );
    tx.issue('mentions-deleted', MENTIONS_DELETED, [streams, messages]);
    deleteParts(tx, streams, messages);
    changeRoots(
      tx,
      events,
      events.map((e) => dataOf(e, 'message.deleted').thread),
    );
    deleteReplies(tx, events);
    deleteAttachments(tx, streams, messages);
    tx.issue(
      'messages-deleted-reactions',
      `delete from reactions r using unnest($1::uuid[], $2::int8[]) as e (conversation_id, message)
       where r.conversation_id = e.conversation_id and r.message_seq = e.message`,
      [streams, messages],
    );
    tx.issue(
      'messages-deleted-pins',
      `delete from pins p using unnest($1::uuid[], $2::int8[]) as e (conversation_id, message)
       where p.conversation_id = e.conversation_id and p.message_seq = e.message`,
      [streams, messages],
    );
  },

  'reaction.added': (tx, events) => {
    for (const e of events) {
      const { message, emoji } = dataOf(e, 'reaction.added');
      tx.issue(
        'messages-reacted',
        `insert into reactions (conversation_id, message_seq, account_id, emoji, seq)
         values ($1, $2, $3, $4, $5) on conflict do nothing`,
        [e.stream, message, e.actor, emoji, e.seq],
      );
      messageChanged(tx, e, message);
    }
  },

  'reaction.removed': (tx, events) => {
    for (const e of events) {
      const { message, emoji } = dataOf(e, 'reaction.removed');
      tx.issue(
        'messages-unreacted',
        `delete from reactions
         where conversation_id = $1 and message_seq = $2 and account_id = $3 and emoji = $4`,
        [e.stream, message, e.actor, emoji],
      );
      messageChanged(tx, e, message);
    }
  },

  'message.pinned': (tx, events) => {
    for (const e of events) {
      const { message } = dataOf(e, 'message.pinned');
      tx.issue(
        'messages-pinned',
        `insert into pins (conversation_id, message_seq, pinned_by, pinned_at, seq)
         values ($1, $2, $3, $4, $5) on conflict do nothing`,
        [e.stream, message, e.actor, e.at, e.seq],
      );
      messageChanged(tx, e, message);
    }
  },

  'message.unpinned': (tx, events) => {
    for (const e of events) {
      const { message } = dataOf(e, 'message.unpinned');
      tx.issue(
        'messages-unpinned',
        'delete from pins where conversation_id = $1 and message_seq = $2',
        [e.stream, message],
      );
      messageChanged(tx, e, message);
    }
  },
} satisfies Partial<Record<EventType, Projection>>;

const MENTIONS_DELETED = `delete from mentions m
  using unnest($1::uuid[], $2::int8[]) as e (conversation_id, message)
  where m.conversation_id = e.conversation_id and m.message_seq = e.message`;

const toJson = (mentions: readonly Mention[] | undefined): string | null =>
  mentions ? JSON.stringify(mentions) : null;

/** Inserts the accounts that texts mention by name or by a user group. An author who mentions itself is not told. */
function insertMentions(
  tx: StatementSink,
  texts: readonly {
    readonly event: StoredEvent;
    readonly message: Seq;
    readonly mentions: readonly Mention[] | undefined;
    readonly thread: Seq | undefined;
  }[],
): void {
  const rows = texts.flatMap(({ event, message, mentions, thread }) =>
    mentionedUsers(event, mentions).map((account) => ({ event, message, account, thread })),
  );
  if (rows.length === 0) return;
  tx.issue(
    'mentions-added',
    `insert into mentions (conversation_id, message_seq, account_id, seq, thread)
     select * from unnest($1::uuid[], $2::int8[], $3::uuid[], $4::int8[], $5::int8[])`,
    [
      rows.map((r) => r.event.stream),
      rows.map((r) => r.message),
      rows.map((r) => r.account),
      rows.map((r) => r.event.seq),
      rows.map((r) => r.thread ?? null),
    ],
  );
}

/** Returns the accounts that a text mentions by name or by a user group, without its author. */
function mentionedUsers(event: StoredEvent, mentions: readonly Mention[] = []): AccountId[] {
  const accounts = mentions.flatMap((m) => {
    if (m.kind === 'user') return [m.id];
    return m.kind === 'user_group' ? m.accounts : [];
  });
  // Two spellings of a name are one account, and an account may be in several user groups.
  const mentioned = new Set(accounts);
  mentioned.delete(event.actor);
  return [...mentioned];
}

/**
 * Applies the mentions of an edited text. An account that was mentioned before keeps its row: the event that
 * first mentioned it says since when it follows the thread. A root with replies is in its own thread.
 */
function changeMentions(
  tx: StatementSink,
  event: StoredEvent,
  text: {
    readonly message: Seq;
    readonly mentions: readonly Mention[] | undefined;
    thread?: Seq | undefined;
  },
): void {
  const { message, mentions, thread } = text;
  const accounts = mentionedUsers(event, mentions);
  if (accounts.length === 0) {
    tx.issue('mentions-deleted', MENTIONS_DELETED, [[event.stream], [message]]);
    return;
  }
  tx.issue(
    'mentions-edited',
    `with gone as (
       delete from mentions
       where conversation_id = $1 and message_seq = $2 and account_id <> all($3::uuid[])
     )
     insert into mentions (conversation_id, message_seq, account_id, seq, thread)
     select $1::uuid, $2::int8, a.id, $4::int8, coalesce($5::int8, case when exists (
         select from messages t where t.conversation_id = $1 and t.thread = $2) then $2::int8 end)
     from unnest($3::uuid[]) as a (id)
     on conflict (account_id, conversation_id, message_seq) do nothing`,
    [event.stream, message, accounts, event.seq, thread ?? null],
  );
}
