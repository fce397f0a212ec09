import type { EventType } from '@parley/protocol';
import { dataOf } from '../stream/record.ts';
import type { Projection } from '../stream/stream-transaction.ts';

/** The projections of personal streams. */
export const personalProjections = {
  'message.saved': (tx, events) => {
    for (const e of events) {
      const { conversation, message, remindAt } = dataOf(e, 'message.saved');
      tx.issue(
        'saved-saved',
        `insert into saved_messages
           (account_id, conversation_id, message_seq, saved_seq, saved_at, seq, remind_at)
         values ($1, $2, $3, $4, $5, $4, $6)
         on conflict (account_id, conversation_id, message_seq) do update
         set seq = excluded.seq, remind_at = excluded.remind_at, reminded_at = null`,
        [e.stream, conversation, message, e.seq, e.at, remindAt],
      );
    }
  },

  'message.unsaved': (tx, events) => {
    const data = events.map((e) => dataOf(e, 'message.unsaved'));
    tx.issue(
      'saved-unsaved',
      `delete from saved_messages s
       using unnest($1::uuid[], $2::uuid[], $3::int8[]) as e (account_id, conversation_id, message)
       where s.account_id = e.account_id and s.conversation_id = e.conversation_id
         and s.message_seq = e.message`,
      [events.map((e) => e.stream), data.map((d) => d.conversation), data.map((d) => d.message)],
    );
  },

  'reminder.due': (tx, events) => {
    for (const e of events) {
      const { conversation, message } = dataOf(e, 'reminder.due');
      tx.issue(
        'saved-reminded',
        `update saved_messages set remind_at = null, reminded_at = $4
         where account_id = $1 and conversation_id = $2 and message_seq = $3`,
        [e.stream, conversation, message, e.at],
      );
    }
  },
} satisfies Partial<Record<EventType, Projection>>;
