import {
  type ConversationId,
  decideNotification,
  isMentionOf,
  mentionOf,
  type NotificationDecision,
} from '@parley/protocol';
import type pg from 'pg';
import { withTransaction } from '../storage/database.ts';
import { advance, type MessageToDecide, messagesIn, parted } from './messages-to-decide.ts';
import { type PresenceOf, type Recipient, recipientsOf } from './recipients.ts';

/** What is recorded of a push or an email for which there is no channel yet. */
export const NO_CHANNEL = 'no_channel';

/** Messages whose recipients are in memory at a time: a thread can have thousands. */
const MESSAGES_AT_ONCE = 100;

/**
 * Decides about what was posted in conversations since the last time, and stores the decisions together with the
 * progress: each is made once, whichever node makes it and however often it is killed. Returns the conversations
 * that have more.
 */
export async function decideNext(
  pool: pg.Pool,
  conversations: readonly ConversationId[],
  presenceOf: PresenceOf,
  now: number,
): Promise<{ decided: number; more: ConversationId[] }> {
  return await withTransaction(pool, async (client) => {
    const ranges = await advance(client, conversations);
    let decided = 0;
    for (const part of parted(ranges)) {
      const messages = await messagesIn(client, part);
      for (let n = 0; n < messages.length; n += MESSAGES_AT_ONCE) {
        const some = messages.slice(n, n + MESSAGES_AT_ONCE);
        const recipients = await recipientsOf(client, some);
        await storeDecisions(client, some, recipients, presenceOf, now);
        decided += recipients.length;
      }
    }
    return { decided, more: ranges.filter((r) => r.hasMore).map((r) => r.conversation) };
  });
}

/** Returns what is decided about a message for one recipient. */
export const decisionFor = (
  message: MessageToDecide,
  { account, isMember, isFollowing, isNamed, hasRead, settings }: Recipient,
  presence: ReturnType<PresenceOf>,
  now: number,
): NotificationDecision =>
  decideNotification(
    {
      kind: 'message',
      actor: message.author,
      isDirect: message.isDirect,
      body: message.body,
      mention: mentionOf(
        message.mentions?.filter((mention) => isNamed || !isMentionOf(mention, account)),
        account,
      ),
      isOnlyInThread: message.isOnlyInThread,
      isDeleted: message.isDeleted,
    },
    settings,
    { account, isMember, isFollowing, hasRead, presence },
    now,
  );

async function storeDecisions(
  client: pg.ClientBase,
  messages: readonly MessageToDecide[],
  recipients: readonly Recipient[],
  presenceOf: PresenceOf,
  now: number,
): Promise<void> {
  const rows = recipients.flatMap((recipient) => {
    const message = messages[recipient.n];
    if (!message) return [];
    const presence = presenceOf(recipient.account);
    return [{ message, recipient, decision: decisionFor(message, recipient, presence, now) }];
  });
  if (rows.length === 0) return;
  await client.query({
    name: 'notifications-decided',
    text: `insert into notification_decisions
             (account_id, conversation_id, message_seq, decided_at, reason, badge, in_app, push, email)
           select d.account, d.conversation, d.seq, $9, d.reason, d.badge, d.in_app,
             case when d.push then '${NO_CHANNEL}' end, case when d.email then '${NO_CHANNEL}' end
           from unnest($1::uuid[], $2::uuid[], $3::int8[], $4::text[], $5::bool[], $6::bool[],
             $7::bool[], $8::bool[])
             d (account, conversation, seq, reason, badge, in_app, push, email)
           on conflict do nothing`,
    values: [
      rows.map((r) => r.recipient.account),
      rows.map((r) => r.message.conversation),
      rows.map((r) => r.message.seq),
      rows.map((r) => r.decision.reason),
      rows.map((r) => r.decision.badge),
      rows.map((r) => r.decision.inApp),
      rows.map((r) => r.decision.push),
      rows.map((r) => r.decision.email),
      new Date(now),
    ],
  });
}
