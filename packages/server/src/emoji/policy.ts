import { type AccountRole, type Reach, type Refusal, refusal } from '@parley/protocol';
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
 * `emojiCreation` allows can add emoji; an existing one is changed by its creator, as long as the
 * setting still allows it, and by admins.
 */
export function refusalOfEmojiAction(
  action: EmojiAction,
  { role, isCreator }: EmojiActor,
  emojiCreation: Reach,
): Refusal | null {
  if (role === null) return refusal('forbidden');
  const permissions = ownPermissions(role, { emojiCreation });
  if (permissions.includes('administer')) return null;
  if (!permissions.includes('add_emoji')) {
    return refusal('forbidden', 'Only admins of the server may add and change custom emoji');
  }
  if (action === 'add' || isCreator) return null;
  return refusal('forbidden', 'You can change only custom emoji that you have added');
}
