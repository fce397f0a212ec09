import { type AccountId, customEmojiOf, LIMITS, refusal, type Seq } from '@parley/protocol';
import { newEvent, type RuleContext } from '../stream/stream-transaction.ts';
import { messageRule, type OnMessageCommand } from './message-rule.ts';

/** Decides reactions. Repeating an emoji changes nothing. */
export const reactRule = messageRule('messages.react', 'react', async (tx, command, target) => {
  if (target.deleted) return { refuse: refusal('message_deleted') };
  const reactions = await readReactions(tx, command);
  const own = reactions.find((r) => r.emoji === command.text && r.account_id === command.actor);
  if (own) return { unchanged: own.seq };
  // An existing reaction can be joined even after its emoji was deleted.
  const custom = customEmojiOf(command.text);
  if (custom && !reactions.some((r) => r.emoji === command.text)) {
    const [found] = await tx.query(
      'reactions-emoji',
      'select from emoji where id = $1 and deleted_at is null',
      [custom],
    );
    if (!found) return { refuse: refusal('emoji_not_found') };
  }
  const different = new Set(reactions.map((r) => r.emoji)).add(command.text);
  if (different.size > LIMITS.reactionsPerMessage) return { refuse: refusal('too_many_reactions') };
  const { stream, message, text: emoji } = command;
  return { events: [newEvent(stream, 'reaction.added', { message, emoji })] };
});

/** Decides the removal of the account’s own reactions. */
export const unreactRule = messageRule('messages.unreact', 'react', async (tx, command, target) => {
  const reactions = await readReactions(tx, command);
  const own = reactions.find((r) => r.emoji === command.text && r.account_id === command.actor);
  if (!own) return { unchanged: target.changedSeq };
  const { stream, message, text: emoji } = command;
  return { events: [newEvent(stream, 'reaction.removed', { message, emoji })] };
});

function readReactions(tx: RuleContext, command: OnMessageCommand) {
  return tx.query<{ emoji: string; account_id: AccountId; seq: Seq }>(
    'messages-reactions',
    `select emoji, account_id, seq from reactions where conversation_id = $1 and message_seq = $2`,
    [command.conversation, command.message],
  );
}
