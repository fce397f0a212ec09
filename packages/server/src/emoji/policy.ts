import {
  type AccountRole,
  mayChangeEmoji,
  type Reach,
  type Refusal,
  refusal,
} from '@parley/protocol';
import { ownPermissions } from '../http/access.ts';

/** An action on custom emoji. `change` renames or deletes an existing one. */
export type EmojiAction = 'add' | 'change';

/** The account that acts. `role` is null if it may not act, for instance while it is suspended. */
export interface EmojiActor {
  readonly role: AccountRole | null;
  /** Whether it added the emoji. */
  readonly isCreator: boolean;
}

/**
 * Returns why an account may not act on custom emoji; null if it may. Accounts that the setting
 * `emojiCreation` allows can add emoji; {@link mayChangeEmoji} says who changes an existing one.
 */
export function refusalOfEmojiAction(
  action: EmojiAction,
  { role, isCreator }: EmojiActor,
  emojiCreation: Reach,
): Refusal | null {
  if (role === null) return refusal('forbidden');
  const permissions = ownPermissions(role, { emojiCreation });
  const isAllowed =
    action === 'add' ? permissions.includes('add_emoji') : mayChangeEmoji(permissions, isCreator);
  if (isAllowed) return null;
  return permissions.includes('add_emoji')
    ? refusal('forbidden', 'You can change only custom emoji that you have added')
    : refusal('forbidden', 'Only admins of the server may add and change custom emoji');
}
