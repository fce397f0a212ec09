import type { AccountId } from '@parley/protocol';

/**
 * What an account is called of which nothing is left. Nobody can register such a username: the
 * colon cannot stand in one.
 */
export const erasedNames = (account: AccountId) => ({
  username: `deleted:${account}`,
  displayName: 'Deleted account',
});
