import type { AccountId } from '@parley/protocol';

/**
 * Returns the names of an erased account. The username cannot be registered, as usernames contain
 * no colon.
 */
export const erasedNames = (account: AccountId) => ({
  username: `deleted:${account}`,
  displayName: 'Deleted account',
});
