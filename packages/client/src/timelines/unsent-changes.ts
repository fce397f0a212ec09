import type { AccountId, ConversationId, DurableCommand, Seq } from '@parley/protocol';
import type { OutboxEntry } from '../storage/store.ts';
import type { TimelineMessage } from './timeline-types.ts';

/**
 * Returns the unanswered changes to messages of a conversation, in order. Unchanged parts are the
 * same arrays.
 */
export function changesIn(
  outbox: readonly OutboxEntry[],
  conversation: ConversationId,
  before: ReadonlyMap<Seq, readonly DurableCommand[]>,
): ReadonlyMap<Seq, readonly DurableCommand[]> {
  const changes = new Map<Seq, DurableCommand[]>();
  for (const { command, state } of outbox) {
    if (state !== 'pending' || command.conversation !== conversation) continue;
    if (command.op !== 'edit' && command.op !== 'react' && command.op !== 'unreact') continue;
    changes.set(command.message, [...(changes.get(command.message) ?? []), command]);
  }
  const isSame = (now: readonly DurableCommand[], then: readonly DurableCommand[] | undefined) =>
    then?.length === now.length && now.every((command, i) => command === then[i]);
  return new Map(
    [...changes].map(([seq, now]) => {
      const then = before.get(seq);
      return [seq, then && isSame(now, then) ? then : now] as const;
    }),
  );
}

/** Returns a message with the changes applied. */
export function withChanges(
  message: TimelineMessage,
  changes: readonly DurableCommand[],
  me: AccountId | null,
): TimelineMessage {
  if (changes.length === 0 || me === null || message.deletedAt !== null) return message;
  return {
    ...changes.reduce((now, command) => withChange(now, command, me), message),
    isChanging: true,
  };
}

function withChange(
  message: TimelineMessage,
  command: DurableCommand,
  me: AccountId,
): TimelineMessage {
  if (command.op === 'edit') return { ...message, body: command.body };
  if (command.op !== 'react' && command.op !== 'unreact') return message;
  const { emoji } = command;
  const existing = message.reactions.find((reaction) => reaction.emoji === emoji);
  const others = (existing?.accounts ?? []).filter((account) => account !== me);
  const accounts = command.op === 'react' ? [...others, me] : others;
  const reaction = { emoji, accounts };
  const reactions = existing
    ? message.reactions.map((one) => (one === existing ? { ...one, accounts } : one))
    : [...message.reactions, reaction];
  return { ...message, reactions: reactions.filter((one) => one.accounts.length > 0) };
}
