import type { EventType } from '@parley/protocol';
import { listStatement } from '../storage/list-statement.ts';
import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';
import { deleteAttachments, insertAttachments } from './content/attachments.ts';
import { hiddenProjections } from './projections/hidden-projections.ts';
import {
  changeMentions,
  deleteMentions,
  insertMentions,
  mentionsJson,
} from './projections/mention-projections.ts';
import { messageChanged } from './projections/message-changed.ts';
import {
  deleteParts,
  insertParts,
  pollProjections,
  previewProjections,
} from './projections/part-projections.ts';
import { addReplies, changeRoots, deleteReplies } from './projections/thread-projections.ts';

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
  ...hiddenProjections,

  'message.posted': (tx, events) => {
    const data = events.map((e) => dataOf(e, 'message.posted'));
    const { name, text, values } = POSTED([
      events.map((e) => e.stream),
      events.map((e) => e.seq),
      events.map((e) => e.actor),
      data.map((d) => d.body),
      events.map((e) => e.at),
      data.map((d) => d.replyTo ?? null),
      data.map((d) => mentionsJson(d.mentions)),
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
    insertParts(tx, events, data);
  },

  'message.edited': (tx, events) => {
    for (const e of events) {
      const { message, body, mentions, thread } = dataOf(e, 'message.edited');
      tx.issue(
        'messages-edited',
        `update messages set body = $3, edited_at = $4, changed_seq = $5, mentions = $6::jsonb
         where conversation_id = $1 and seq = $2 and changed_seq < $5`,
        [e.stream, message, body, e.at, e.seq, mentionsJson(mentions)],
      );
      changeMentions(tx, e, { message, author: e.actor, mentions, thread });
    }
  },

  'message.deleted': (tx, events) => {
    // In bulk, because the erasure of an account deletes many messages.
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
    deleteMentions(tx, streams, messages);
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
        `insert into reactions (conversation_id, message_seq, account_id, emoji, seq, first_seq)
         select $1::uuid, $2::int8, $3::uuid, $4::text, $5::int8, coalesce(min(first_seq), $5)
         from reactions
         where conversation_id = $1 and message_seq = $2 and emoji = $4
         on conflict do nothing`,
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
