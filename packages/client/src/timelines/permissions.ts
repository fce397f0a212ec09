import type { AccountId, Me, Message, MessagePermission } from '@parley/protocol';
import type { ConversationView } from '../conversations/conversations.ts';
import type { TimelineMessage } from './timeline-types.ts';

/** The fields of the user’s own account that permissions on messages depend on. */
export type Actor = { readonly id: AccountId } & Pick<Me, 'messageWindows'>;

/**
 * Returns the actions on a message that a client offers the account `me`. They come from the
 * server’s policy; this only chooses between own messages and those of others, and leaves out
 * actions past their time limit, and edits of polls and forwarded messages.
 */
export function permissionsOn(
  { messagePermissions: { own, others } }: Pick<ConversationView, 'messagePermissions'>,
  message: TimelineMessage,
  me: Actor | null,
  now = Date.now(),
): readonly MessagePermission[] {
  // Unstored and deleted messages cannot be changed.
  if (message.state !== 'stored' || message.deletedAt !== null) return [];
  if (me === null || message.author !== me.id) return others;
  // Hidden messages cannot be edited. Stores of earlier versions lack `hiddenAt`.
  if ((message.hiddenAt ?? null) !== null) return own.filter((action) => action !== 'edit');
  const isFixed = message.poll !== null || message.forwardedFrom !== null;
  const late = LIMITED.filter(
    (action) =>
      (action === 'edit' && isFixed) ||
      (!others.includes(action) && windowEnd(message, me, action) <= now),
  );
  return late.length === 0 ? own : own.filter((action) => !late.includes(action));
}

const LIMITED: readonly MessagePermission[] = ['edit', 'delete'];

/** Returns when the next time limit of one of the user’s own messages ends, ms since the epoch; null if none will. */
export function nextWindowEnd(message: Message, me: Actor, now = Date.now()): number | null {
  const ends = LIMITED.map((action) => windowEnd(message, me, action));
  const next = Math.min(...ends.filter((end) => end > now));
  return Number.isFinite(next) ? next : null;
}

function windowEnd(message: Message, me: Actor, action: MessagePermission): number {
  const { messageWindows: windows } = me;
  const seconds = action === 'edit' ? windows.edit : action === 'delete' ? windows.delete : null;
  return seconds === null
    ? Number.POSITIVE_INFINITY
    : Date.parse(message.postedAt) + seconds * 1_000;
}
