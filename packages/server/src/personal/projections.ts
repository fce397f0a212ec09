import type { EventType } from '@parley/protocol';
import { dataOf } from '../stream/record.ts';
import type { Projection, StatementSink } from '../stream/stream-transaction.ts';

/** Deletes scheduled messages, each by the account and its id. */
function deleteScheduled(tx: StatementSink, ids: readonly (readonly [string, string])[]): void {
  tx.issue(
    'scheduled-deleted',
    `delete from scheduled_messages s using unnest($1::uuid[], $2::uuid[]) as e (account_id, id)
     where s.account_id = e.account_id and s.id = e.id`,
    [ids.map(([account]) => account), ids.map(([, id]) => id)],
  );
}

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

  'message.scheduled': (tx, events) => {
    for (const e of events) {
      const { scheduled, conversation, body, sendAt, ...data } = dataOf(e, 'message.scheduled');
      const { replyTo = null, thread = null, alsoInConversation = false } = data;
      tx.issue(
        'scheduled-set',
        `insert into scheduled_messages
           (account_id, id, conversation_id, body, reply_to, send_at, due_at, created_at, seq,
            thread, also_in_conversation)
         values ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $10)
         on conflict (account_id, id) do update
         set body = excluded.body, send_at = excluded.send_at, due_at = excluded.due_at,
             seq = excluded.seq, failure = null, failed_at = null`,
        [
          e.stream,
          scheduled,
          conversation,
          body,
          replyTo,
          sendAt,
          e.at,
          e.seq,
          thread,
          alsoInConversation,
        ],
      );
    }
  },

  'message.unscheduled': (tx, events) => {
    deleteScheduled(
      tx,
      events.map((e) => [e.stream, dataOf(e, 'message.unscheduled').scheduled]),
    );
  },

  'scheduled.sent': (tx, events) => {
    deleteScheduled(
      tx,
      events.map((e) => [e.stream, dataOf(e, 'scheduled.sent').scheduled]),
    );
  },

  'scheduled.failed': (tx, events) => {
    for (const e of events) {
      const { scheduled, reason } = dataOf(e, 'scheduled.failed');
      tx.issue(
        'scheduled-failed',
        `update scheduled_messages set failure = $3, failed_at = $4
         where account_id = $1 and id = $2`,
        [e.stream, scheduled, reason, e.at],
      );
    }
  },

  'thread.followed': (tx, events) => {
    for (const e of events) {
      const { conversation, message, since } = dataOf(e, 'thread.followed');
      tx.issue('threads-followed', THREAD_FOLLOWED, [
        e.stream,
        conversation,
        message,
        true,
        since,
        e.seq,
      ]);
    }
  },

  'thread.unfollowed': (tx, events) => {
    for (const e of events) {
      const { conversation, message, erased } = dataOf(e, 'thread.unfollowed');
      if (erased) {
        tx.issue(
          'threads-follow-erased',
          `delete from thread_follows
           where account_id = $1 and conversation_id = $2 and thread = $3`,
          [e.stream, conversation, message],
        );
        continue;
      }
      tx.issue('threads-followed', THREAD_FOLLOWED, [
        e.stream,
        conversation,
        message,
        false,
        null,
        e.seq,
      ]);
    }
  },
} satisfies Partial<Record<EventType, Projection>>;

const THREAD_FOLLOWED = `
  insert into thread_follows (account_id, conversation_id, thread, is_following, since, seq)
  values ($1, $2, $3, $4, $5, $6)
  on conflict (account_id, conversation_id, thread) do update
  set is_following = excluded.is_following, since = excluded.since, seq = excluded.seq`;
