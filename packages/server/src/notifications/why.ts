import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type NotificationOverride,
  type NotificationReason,
  type NotificationSettings,
  type Seq,
  streamOfAccount,
  type WhyNotified,
} from '@parley/protocol';
import type pg from 'pg';
import { threadState } from '../messages/threads/thread-cursor-sql.ts';
import { timestamp } from '../storage/sql.ts';
import { decisionFor } from './decision-for.ts';
import type { MessageToDecide } from './messages-to-decide.ts';
import { generalOf } from './queries.ts';

/** Explains why an account was or was not notified of a message. */

interface StoredDecision {
  reason: NotificationReason;
  badge: boolean;
  inApp: boolean;
  push: string | null;
  email: string | null;
  deliveries: WhyNotified['deliveries'];
  decidedAt: string;
}

interface WhyRow {
  message: MessageToDecide | null;
  posted_at: Date | null;
  is_edited: boolean;
  is_member: boolean;
  is_following: boolean | null;
  is_named: boolean;
  is_blocked: boolean;
  decision: StoredDecision | null;
  general: NotificationSettings | null;
  of_conversation: NotificationOverride | null;
  of_thread: NotificationOverride | null;
  do_not_disturb_until: string | null;
}

/** SQL: the settings of the account for a scope when the message was posted. */
const settingsThen = (scope: string) =>
  `(select v.settings from notification_changes v
    where v.account_id = $1 and ${scope} and v.changed_at <= g.posted_at
    order by v.seq desc limit 1)`;

/**
 * SQL: the deliveries of the decision `d`, as JSON. An error of an earlier attempt stays in the table, but
 * says nothing about an outcome that came later.
 */
const DELIVERIES = `coalesce((
  select json_agg(json_build_object('channel', x.channel, 'device', v.name, 'attempts', x.attempts,
    'outcome', x.outcome, 'at', ${timestamp('x.finished_at')}, 'error',
    case when x.outcome is null or x.outcome in ('failed', 'device_gone') then x.last_error end)
    order by x.id)
  from (
    select * from notification_deliveries
    where account_id = d.account_id and conversation_id = d.conversation_id
      and message_seq = d.message_seq
    order by id limit ${LIMITS.notificationDevices + 1}) x
  left join notification_devices v on v.id = x.device_id), '[]')`;

/**
 * Returns the decision about a message for an account: the stored one, or one computed from the
 * settings at the time of the post. Null: not a member; undefined: no such message.
 */
export async function whyNotified(
  pool: pg.Pool,
  account: AccountId,
  conversation: ConversationId,
  seq: Seq,
): Promise<WhyNotified | null | undefined> {
  const { rows } = await pool.query<WhyRow>({
    name: 'notifications-why',
    text: `
      select case when g.seq is not null then json_build_object(
          'conversation', g.conversation_id, 'seq', g.seq, 'author', g.author_id,
          'isDirect', c.kind = 'direct', 'thread', g.thread,
          'isOnlyInThread', g.thread is not null and not g.also_in_conversation,
          'isDeleted', g.deleted_at is not null or g.hidden_at is not null, 'mentions', g.mentions, 'body', g.body) end as message,
        g.posted_at, g.edited_at is not null as is_edited,
        exists (select from mentions x
                where x.account_id = $1 and x.conversation_id = $2 and x.message_seq = $3
                  and x.seq = x.message_seq) as is_named,
        exists (select from blocks b
                where b.account_id = $1 and b.blocked_id = g.author_id
                  and b.blocked_at <= g.posted_at) as is_blocked,
        exists (select from memberships o
                where o.account_id = $1 and o.conversation_id = $2 and o.joined_seq <= $3
                  and (o.left_seq is null or o.left_seq > $3)) as is_member,
        case when g.thread is not null then state.is_following end as is_following,
        (select json_build_object('reason', d.reason, 'badge', d.badge, 'inApp', d.in_app,
           'push', d.push, 'email', d.email,
           'decidedAt', ${timestamp('d.decided_at')}, 'deliveries', ${DELIVERIES})
         from notification_decisions d
         where d.account_id = $1 and d.conversation_id = $2 and d.message_seq = $3) as decision,
        ${settingsThen('v.conversation_id is null')} as general,
        ${settingsThen('v.conversation_id = $2 and v.thread is null')} as of_conversation,
        case when g.thread is not null then
          ${settingsThen('v.conversation_id = $2 and v.thread = g.thread')} end as of_thread,
        (select e.data ->> 'doNotDisturbUntil' from statuses s
         join events e on e.stream_id = $4 and e.seq <= s.seq and e.type = 'status.changed'
           and e.at <= g.posted_at
         where s.account_id = $1
         order by e.seq desc limit 1) as do_not_disturb_until
      from memberships m
      join conversations c on c.id = m.conversation_id
      left join messages g on g.conversation_id = m.conversation_id and g.seq = $3
      left join lateral ${threadState('$1::uuid', 'g.conversation_id', 'g.thread')} state
        on g.thread is not null
      where m.account_id = $1 and m.conversation_id = $2 and m.left_seq is null`,
    values: [account, conversation, seq, streamOfAccount(account)],
  });
  const [row] = rows;
  if (!row) return null;
  if (!row.message || !row.posted_at) return undefined;
  return row.decision
    ? answerOf(row.decision)
    : computeDecision(row, row.message, account, row.posted_at);
}

const answerOf = ({ decidedAt, ...decision }: StoredDecision): WhyNotified => ({
  ...decision,
  decidedAt,
});

/**
 * Computes a decision from the log. It is no longer known who was using a device then, or what had
 * been read: the answer assumes that a device was in use.
 */
function computeDecision(
  row: WhyRow,
  message: MessageToDecide,
  account: AccountId,
  postedAt: Date,
): WhyNotified {
  const until = row.do_not_disturb_until;
  const general = generalOf(row.general);
  const { badge, inApp, reason } = decisionFor(
    message,
    {
      n: 0,
      account,
      isMember: row.is_member,
      isFollowing: row.is_following,
      isNamed: row.is_named,
      hasRead: false,
      isBlocked: row.is_blocked,
      settings: {
        // A keyword in the original text has a stored decision, so this one was added by an edit.
        general: row.is_edited ? { ...general, keywords: [] } : general,
        conversation: row.of_conversation,
        thread: row.of_thread,
        doNotDisturbUntil: until === null ? null : Date.parse(until),
      },
    },
    'active',
    postedAt.getTime(),
  );
  return { reason, badge, inApp, push: null, email: null, deliveries: [], decidedAt: null };
}
