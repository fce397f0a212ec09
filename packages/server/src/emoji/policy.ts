import { type AccountRole, type Reach, type Refusal, refusal } from '@parley/protocol';
import { ownPermissions } from '../http/access.ts';

/** What is done with custom emoji. `change`: one that exists is renamed or deleted. */
export type EmojiAction = 'add' | 'change';

/** The account that wants to do it. `role`: null if it can’t act, for instance while it is suspended. */
export interface EmojiActor {
  readonly role: AccountRole | null;
  /** Whether it has added the emoji. */
  readonly isCreator: boolean;
}

/**
 * Returns why an account may not do something with custom emoji; null if it may. Those whom the setting
 * `emojiCreation` allows add them; what exists is changed by its creator, while it may still add any, and by admins.
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
