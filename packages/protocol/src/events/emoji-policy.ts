import type { OwnPermission } from './resources.ts';

/**
 * Returns whether an account with these permissions may rename or delete a custom emoji: its creator may while it may
 * add emoji, and admins of the server always may. The server enforces it, and clients offer what it allows.
 */
export const mayChangeEmoji = (
  permissions: readonly OwnPermission[],
  isCreator: boolean,
): boolean =>
  permissions.includes('administer') || (isCreator && permissions.includes('add_emoji'));
