import { LIMITS, refusal, type Seq } from '@parley/protocol';
import { newEvent, type RuleContext } from '../stream/stream-transaction.ts';
import { messageRule, type OnMessageCommand } from './message-rule.ts';

/** Decides pins. Pinning a pinned message changes nothing. */
export const pinRule = messageRule('messages.pin', 'pin', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  const pins = await readPins(tx, command);
  if (pins.own !== null) return { unchanged: pins.own };
  if (pins.count >= LIMITS.pinsPerConversation) return { refuse: refusal('too_many_pins') };
  const { stream, message } = command;
  return { events: [newEvent(stream, 'message.pinned', { message })] };
});

/** Decides the removal of pins, no matter who pinned the message. */
export const unpinRule = messageRule('messages.unpin', 'pin', async (tx, command, target) => {
  const pins = await readPins(tx, command);
  if (pins.own === null) return { unchanged: target.changedSeq };
  const { stream, message } = command;
  return { events: [newEvent(stream, 'message.unpinned', { message })] };
});

/** Returns how many messages of the conversation are pinned, and the event that pinned this one. */
async function readPins(
  tx: RuleContext,
  command: OnMessageCommand,
): Promise<{ count: number; own: Seq | null }> {
  const [row] = await tx.query<{ count: number; own: Seq | null }>(
    'messages-pins',
    `select count(*)::int as count, max(seq) filter (where message_seq = $2) as own
     from pins where conversation_id = $1`,
    [command.conversation, command.message],
  );
  return row ?? { count: 0, own: null };
}
