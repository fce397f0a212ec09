import {
  type AccountId,
  type ClientId,
  type ConversationId,
  conversationOfStream,
  type RefusalCode,
  refusal,
  type ScheduledId,
  type ScheduledMessage,
  type StreamId,
  streamOfAccount,
} from '@parley/protocol';
import type { Pool } from 'pg';
import { timestamp } from '../storage/sql.ts';
import type { DueScheduled } from './scheduled-sending.ts';

/** SQL: the row `s` of `scheduled_messages` as a `ScheduledMessage`. */
const SCHEDULED = `json_build_object(
  'id', s.id,
  'conversation', s.conversation_id,
  'body', s.body,
  'replyTo', s.reply_to,
  'thread', s.thread,
  'alsoInConversation', s.also_in_conversation,
  'sendAt', ${timestamp('s.send_at')},
  'createdAt', ${timestamp('s.created_at')},
  'failure', case when s.failure is not null
    then json_build_object('code', s.failure, 'at', ${timestamp('s.failed_at')}) end)`;

/** A scheduled message as the database builds it: the text of a failure is missing. */
type Row = Omit<ScheduledMessage, 'failure'> & {
  readonly failure: { readonly code: RefusalCode; readonly at: string } | null;
};

const withText = ({ failure, ...item }: Row): ScheduledMessage => ({
  ...item,
  failure: failure && { ...failure, message: refusal(failure.code).message },
});

/** Returns the scheduled messages of an account, the next one first. Limits bound their bytes. */
export async function scheduledMessages(
  pool: Pool,
  account: AccountId,
): Promise<ScheduledMessage[]> {
  const { rows } = await pool.query<{ item: Row }>({
    name: 'scheduled-list',
    text: `select ${SCHEDULED} as item from scheduled_messages s
           where account_id = $1 order by send_at, id`,
    values: [account],
  });
  return rows.map((row) => withText(row.item));
}

/** Returns one scheduled message; null if it is no longer scheduled. */
export async function scheduledMessage(
  pool: Pool,
  account: AccountId,
  id: ScheduledId,
): Promise<ScheduledMessage | null> {
  const { rows } = await pool.query<{ item: Row }>({
    name: 'scheduled-get',
    text: `select ${SCHEDULED} as item from scheduled_messages s where account_id = $1 and id = $2`,
    values: [account, id],
  });
  return rows[0] ? withText(rows[0].item) : null;
}

/**
 * Returns a scheduled message that was sent, with the message that it has become; null if there is none, also
 * if it was deleted before. It reads the events of the account since the message was last changed.
 */
export async function sentScheduled(
  pool: Pool,
  account: AccountId,
  id: ScheduledId,
): Promise<ScheduledMessage | null> {
  const { rows } = await pool.query<{ item: ScheduledMessage }>({
    name: 'scheduled-sent',
    text: `
      select json_build_object(
        'id', $2::text,
        'conversation', t.data ->> 'conversation',
        'body', coalesce(m.body, ''),
        'replyTo', m.reply_to,
        'thread', m.thread,
        'alsoInConversation', coalesce(m.also_in_conversation, false),
        'sendAt', l.send_at,
        'createdAt', ${timestamp('l.at')},
        'failure', null,
        'sent', json_build_object('seq', (t.data ->> 'message')::int8, 'at', ${timestamp('t.at')})
      ) as item
      from (select max(s.seq) as seq, min(s.at) as at,
                   (array_agg(s.data ->> 'sendAt' order by s.seq desc))[1] as send_at
            from events s
            where s.stream_id = $1 and s.type = 'message.scheduled' and s.data ->> 'scheduled' = $2) l
      join events t on t.stream_id = $1 and t.seq > l.seq and t.type = 'scheduled.sent'
        and t.data ->> 'scheduled' = $2
      left join messages m on m.conversation_id = (t.data ->> 'conversation')::uuid
        and m.seq = (t.data ->> 'message')::int8
      limit 1`,
    values: [streamOfAccount(account), id],
  });
  return rows[0]?.item ?? null;
}

/**
 * Returns the conversation of a scheduled message; of one that was sent already, that in which the command
 * with this id has posted it. So a retry finds its first answer.
 */
export async function conversationOfScheduled(
  pool: Pool,
  account: AccountId,
  id: ScheduledId,
  clientId: ClientId,
): Promise<ConversationId | null> {
  const { rows } = await pool.query<{ stream: StreamId }>({
    name: 'scheduled-conversation',
    text: `select conversation_id as stream from scheduled_messages
           where account_id = $1 and id = $2
           union all
           select stream_id from events
           where actor_id = $1 and client_id = $3 and type = 'message.posted'
           limit 1`,
    values: [account, id, clientId],
  });
  return rows[0] ? conversationOfStream(rows[0].stream) : null;
}

/**
 * Returns scheduled messages that are due, the longest due first: only the earliest one of each
 * author and conversation. The others follow once it was sent or has failed, so that none overtakes
 * a deferred one. Whether a message is due, or late by more than `lateMs`, is decided by the clock
 * of the database, which all nodes share.
 */
export async function dueScheduled(
  pool: Pool,
  lateMs: number,
  limit: number,
): Promise<DueScheduled[]> {
  const { rows } = await pool.query<DueScheduled>({
    name: 'scheduled-due',
    text: `select s.account_id as account, s.id as scheduled, s.conversation_id as conversation, s.seq,
             s.send_at < now() - make_interval(secs => $1 / 1000.0) as "isTooLate"
           from scheduled_messages s
           where s.failure is null and s.due_at <= now() and not exists (
             select from scheduled_messages e
             where e.account_id = s.account_id and e.conversation_id = s.conversation_id
               and e.failure is null and (e.send_at, e.id) < (s.send_at, s.id))
           order by s.due_at, s.account_id, s.id limit $2`,
    values: [lateMs, limit],
  });
  return rows;
}

/** Retries a scheduled message after a delay, unless it was changed since it was due. */
export async function deferScheduled(
  pool: Pool,
  { account, scheduled, seq }: DueScheduled,
  delayMs: number,
): Promise<void> {
  await pool.query({
    name: 'scheduled-defer',
    text: `update scheduled_messages set due_at = now() + make_interval(secs => $4 / 1000.0)
           where account_id = $1 and id = $2 and seq = $3 and failure is null`,
    values: [account, scheduled, seq, delayMs],
  });
}
