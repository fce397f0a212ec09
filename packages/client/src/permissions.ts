import type { AccountId, MessagePermission } from '@parley/protocol';
import type { ConversationView } from './conversations.ts';
import type { TimelineMessage } from './timeline-types.ts';

/**
 * Returns what the account `me` may do with a message of the conversation, for clients to offer. The
 * server’s policy decides it; this only chooses between the account’s own messages and others.
 */
export function permissionsOn(
  { messagePermissions: { own, others } }: Pick<ConversationView, 'messagePermissions'>,
  message: TimelineMessage,
  me: AccountId | null,
): readonly MessagePermission[] {
  // What is not stored yet, or no longer, cannot be changed.
  if (message.state !== 'stored' || message.deletedAt !== null) return [];
  return message.author === me ? own : others;
}
