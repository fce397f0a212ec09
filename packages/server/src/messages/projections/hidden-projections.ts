import type { EventType } from '@parley/protocol';
import { dataOf } from '../../stream/record.ts';
import type { Projection } from '../../stream/stream-transaction.ts';
import { deleteAttachments, insertAttachmentsOf } from '../content/attachments.ts';
import { changeMentions, deleteMentions, mentionsJson } from './mention-projections.ts';
import { deleteParts, insertForwarded } from './part-projections.ts';

/** The projections of messages that moderators hide. Reactions, pins and votes stay. */
export const hiddenProjections = {
  'message.hidden': (tx, events) => {
    for (const e of events) {
      const { message } = dataOf(e, 'message.hidden');
      tx.issue(
        'messages-hidden',
        `update messages set body = '', hidden_at = $3, changed_seq = $4, reply_to = null, mentions = null
         where conversation_id = $1 and seq = $2 and changed_seq < $4`,
        [e.stream, message, e.at, e.seq],
      );
      deleteMentions(tx, [e.stream], [message]);
      deleteAttachments(tx, [e.stream], [message]);
      deleteParts(tx, [e.stream], [message]);
    }
  },

  'message.unhidden': (tx, events) => {
    for (const e of events) {
      const { message, author, body, replyTo, mentions, attachments, forwardedFrom, thread } =
        dataOf(e, 'message.unhidden');
      tx.issue(
        'messages-unhidden',
        `update messages set body = $3, hidden_at = null, changed_seq = $4, reply_to = $5,
           mentions = $6::jsonb
         where conversation_id = $1 and seq = $2 and changed_seq < $4`,
        [e.stream, message, body, e.seq, replyTo ?? null, mentionsJson(mentions)],
      );
      changeMentions(tx, e, { message, author, mentions, thread });
      insertAttachmentsOf(tx, e.stream, message, attachments ?? []);
      if (forwardedFrom) insertForwarded(tx, e.stream, message, forwardedFrom);
    }
  },
} satisfies Partial<Record<EventType, Projection>>;
