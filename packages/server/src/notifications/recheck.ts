import { type NotificationDecision, silent } from '@parley/protocol';
import type { Queryable } from '../storage/queryable.ts';
import { decisionFor } from './decision-for.ts';
import type { Delivery } from './deliveries.ts';
import { messagesAt } from './messages-to-decide.ts';
import { type PresenceOf, recipientsOf } from './recipients.ts';

/** A notification that is about to be sent. */
export type Undelivered = Pick<Delivery, 'id' | 'account' | 'conversation' | 'seq'>;

/**
 * Decides again about notifications right before they are sent, with the current settings,
 * memberships and read cursors. Returns the decision for each id: not to send it if its message is
 * gone, or if its recipient has meanwhile left, been removed, suspended or erased, or blocked the
 * author.
 */
export async function recheck(
  on: Queryable,
  deliveries: readonly Undelivered[],
  presenceOf: PresenceOf,
  now: number,
): Promise<Map<string, NotificationDecision>> {
  const messages = await messagesAt(on, deliveries);
  const index = new Map(messages.map((m, n) => [`${m.conversation} ${m.seq}`, n]));
  const recipients = await recipientsOf(on, messages, [
    ...new Set(deliveries.map((d) => d.account)),
  ]);
  const recipientByKey = new Map(recipients.map((r) => [`${r.n} ${r.account}`, r]));
  return new Map(
    deliveries.map(({ id, account, conversation, seq }) => {
      const n = index.get(`${conversation} ${seq}`) ?? -1;
      const message = messages[n];
      const recipient = recipientByKey.get(`${n} ${account}`);
      // A deleted message has no mentions, and so no recipients.
      if (!message || message.isDeleted) return [id, silent('message_deleted')];
      if (!recipient) return [id, silent('not_member')];
      return [id, decisionFor(message, recipient, presenceOf(account), now)];
    }),
  );
}
