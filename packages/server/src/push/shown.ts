import type { ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import { threadState } from '../messages/threads/thread-cursor-sql.ts';
import type { Delivery } from '../notifications/deliveries.ts';
import type { Queryable } from '../storage/queryable.ts';

/**
 * The notifications that devices show, as far as the server knows: those sent and not withdrawn.
 */

/**
 * Returns the newest message sent after each delivery to the same device, by device and
 * conversation.
 */
export async function newestSent(
  on: Queryable,
  deliveries: readonly Delivery[],
): Promise<Map<string, number>> {
  const { rows } = await on.query<{ device: string; conversation: ConversationId; seq: Seq }>({
    name: 'push-newest-sent',
    text: `select d.device_id as device, d.conversation_id as conversation, max(d.message_seq) as seq
           from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::uuid[]) r (account, conversation, seq, device)
           join notification_deliveries d on d.account_id = r.account
             and d.conversation_id = r.conversation and d.message_seq > r.seq
             and d.channel = 'push' and d.device_id = r.device and d.outcome = 'sent'
           group by 1, 2`,
    values: [
      deliveries.map((d) => d.account),
      deliveries.map((d) => d.conversation),
      deliveries.map((d) => d.seq),
      deliveries.map((d) => d.device),
    ],
  });
  return new Map(rows.map((r) => [`${r.device} ${r.conversation}`, r.seq]));
}

/**
 * A notification to close: that of a conversation on a device, if it is for this message or an
 * earlier one.
 */
export interface Withdrawal {
  readonly device: string;
  readonly conversation: ConversationId;
  readonly seq: Seq;
}

/**
 * How long after sending notifications are withdrawn: later, the push server has dropped them too.
 */
const SHOWN_HOURS = 24;

/**
 * Claims notifications that are to be closed: their message was read on another device, deleted or
 * hidden, or its recipient is no longer a member. Each is claimed once: if the node is then killed,
 * it remains on the device. Returns one for each conversation on a device, and none where a later
 * message has replaced the notification: closing it would drop the later one for a device that is
 * offline.
 */
export async function claimWithdrawals(pool: pg.Pool, max: number): Promise<Withdrawal[]> {
  const { rows } = await pool.query<Withdrawal>({
    name: 'push-withdrawals',
    text: `with due as materialized (
             select d.id from notification_deliveries d
             join notification_devices v on v.id = d.device_id and v.kind = 'web_push'
             left join messages g on g.conversation_id = d.conversation_id and g.seq = d.message_seq
             left join memberships o on o.account_id = d.account_id
               and o.conversation_id = d.conversation_id and o.left_seq is null
             left join lateral ${threadState('d.account_id', 'd.conversation_id', 'g.thread')} state
               on g.thread is not null and not g.also_in_conversation
             where d.channel = 'push' and d.outcome = 'sent' and d.withdrawn_at is null
               and d.finished_at > now() - interval '${SHOWN_HOURS} hours'
               and (g.seq is null or g.deleted_at is not null or g.hidden_at is not null
                 or o.account_id is null
                 or d.message_seq <= case when g.thread is not null and not g.also_in_conversation
                   then state.read_seq else o.read_seq end)
             order by d.finished_at limit $1 for update of d skip locked),
           claimed as (
             update notification_deliveries d set withdrawn_at = now() from due where d.id = due.id
             returning d.account_id, d.device_id, d.conversation_id, d.message_seq)
           select w.device_id as device, w.conversation_id as conversation, max(w.message_seq) as seq
           from claimed w
           where not exists (
             select from notification_deliveries d
             where d.account_id = w.account_id and d.conversation_id = w.conversation_id
               and d.message_seq > w.message_seq and d.channel = 'push' and d.device_id = w.device_id
               and d.outcome = 'sent' and d.withdrawn_at is null and d.id not in (select id from due))
           group by 1, 2`,
    values: [max],
  });
  return rows;
}
