import {
  type AccountId,
  type ConversationId,
  LIMITS,
  type RefusalCode,
  refusal,
  type ScheduledId,
  type Seq,
  streamOfAccount,
  streamOfConversation,
} from '@parley/protocol';
import { postCommand } from '../messages/commands.ts';
import { decidePosts } from '../messages/post-rule.ts';
import type { Append, Outcome } from '../stream/append.ts';
import { derivedId } from '../stream/derived-id.ts';
import { type Command, type Decision, newEvent, type Rule } from '../stream/stream-transaction.ts';
import type { ScheduledRequest } from './scheduled-commands.ts';
import { EVENT_BYTES, placeOfRow, readScheduled } from './scheduled-row.ts';

/** Commands that send scheduled messages, or mark them as failed. */

/** A scheduled message that is due. */
export interface DueScheduled {
  readonly account: AccountId;
  readonly scheduled: ScheduledId;
  readonly conversation: ConversationId;
  /** The event that created or changed it last. */
  readonly seq: Seq;
  /** Whether it is too late to send it without asking its author. */
  readonly isTooLate: boolean;
}

interface SendCommand extends Command {
  readonly scheduled: ScheduledId;
  readonly conversation: ConversationId;
  /** Only if it was not changed since this event. */
  readonly seq: Seq | null;
}

interface FailCommand extends Command {
  readonly due: DueScheduled;
  readonly reason: RefusalCode;
}

/**
 * Posts a scheduled message and removes it from the scheduled ones, in one transaction: it is posted once,
 * however many nodes try. With `seq` only if it was not changed since that event.
 */
export function sendScheduled(
  append: Append,
  { actor, clientId, scheduled }: ScheduledRequest,
  conversation: ConversationId,
  seq: Seq | null = null,
): Promise<Outcome> {
  const command: SendCommand = {
    rule: sendRule,
    actor,
    clientId,
    stream: streamOfConversation(conversation),
    alsoLocks: [streamOfAccount(actor)],
    eventType: 'message.posted',
    payload: ['scheduled', scheduled, seq],
    // The text is not known yet, so assume the maximum.
    bytes: 2 * EVENT_BYTES + LIMITS.bodyCharacters,
    scheduled,
    conversation,
    seq,
  };
  return append.run(command);
}

/** Sends a message that is due. Sends it once, even if this is called several times and on several nodes. */
export const sendDue = (append: Append, due: DueScheduled): Promise<Outcome> => {
  const { account: actor, scheduled, conversation, seq } = due;
  const clientId = derivedId('scheduled', actor, scheduled, seq);
  return sendScheduled(append, { actor, clientId, scheduled }, conversation, seq);
};

/** Marks a scheduled message as failed, unless it was changed, sent or deleted since it was due. */
export function failScheduled(
  append: Append,
  due: DueScheduled,
  reason: RefusalCode,
): Promise<Outcome> {
  const { account, scheduled, seq } = due;
  const command: FailCommand = {
    rule: failRule,
    actor: account,
    clientId: derivedId('scheduled-failed', account, scheduled, seq),
    stream: streamOfAccount(account),
    eventType: 'scheduled.failed',
    // Without the reason: another node may have failed for a different one.
    payload: [scheduled, seq],
    bytes: EVENT_BYTES,
    due,
    reason,
  };
  return append.run(command);
}

const sendRule: Rule<SendCommand> = {
  name: 'personal.send_scheduled',
  async decide(tx, { actor, clientId, scheduled, conversation, seq }): Promise<Decision> {
    // Under the lock of the personal stream, so no other command sends, changes or deletes it
    // meanwhile.
    const row = await readScheduled(tx, actor, scheduled);
    if (!row || (seq !== null && row.seq !== seq)) {
      return { refuse: refusal('scheduled_not_found') };
    }
    // No request was authenticated here, unlike when a user posts.
    if (!row.is_active) return { refuse: refusal('forbidden') };
    if (!row.may_act) {
      const retryAfter = Math.max(1, row.suspended_seconds ?? 0);
      return { refuse: refusal('account_suspended', undefined, { retryAfter }) };
    }
    const request = { actor, clientId, conversation };
    const post = postCommand(request, row.body, {
      replyTo: row.reply_to ?? undefined,
      inThread: placeOfRow(row),
    });
    const [decision] = await decidePosts(tx, [post]);
    if (!decision || !('events' in decision)) {
      return decision ?? { refuse: refusal('conversation_not_found') };
    }
    const sent = newEvent(streamOfAccount(actor), 'scheduled.sent', (preceding) => ({
      scheduled,
      conversation,
      message: preceding[0]?.seq ?? (0 as Seq),
    }));
    return { ...decision, events: [...decision.events, sent] };
  },
};

const failRule: Rule<FailCommand> = {
  name: 'personal.fail_scheduled',
  async decide(tx, { actor, due, reason, stream }): Promise<Decision> {
    const { scheduled, conversation, seq } = due;
    const row = await readScheduled(tx, actor, scheduled);
    if (row?.seq !== seq || row.failure !== null) return { unchanged: seq };
    return { events: [newEvent(stream, 'scheduled.failed', { scheduled, conversation, reason })] };
  },
};
