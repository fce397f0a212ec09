import type { AccountId } from '@parley/protocol';

/**
 * Which account is logged in in this browser, for all its tabs. Each login has a localStorage key of
 * its own, and its end removes that key alone. With one key for all, a tab that ends an old session
 * could remove the login that another tab has just recorded: tabs do not see each other’s writes at
 * once, so that comparing before removing does not help.
 */

const PREFIX = 'parley.login.';

/** The localStorage key of one login; keys sort by the time of the login. */
export type LoginKey = string & { readonly __brand: 'LoginKey' };

/** Returns whether a change of this localStorage key may change who is logged in; null: all keys. */
export const concernsLogin = (key: string | null): boolean =>
  key === null || key.startsWith(PREFIX);

/** Records a login, which replaces every earlier one. */
export function recordLogin(account: AccountId): LoginKey {
  const earlier = loginKeys();
  const random = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const key = `${PREFIX}${Date.now()}.${random}` as LoginKey;
  localStorage.setItem(key, account);
  for (const old of earlier) removeLogin(old);
  return key;
}

/** Returns the login of this browser: the latest, where tabs have logged in at the same moment. */
export function currentLogin(): { key: LoginKey; account: AccountId } | null {
  const key = loginKeys().at(-1);
  const account = key === undefined ? null : localStorage.getItem(key);
  return key === undefined || account === null ? null : { key, account: account as AccountId };
}

/** Returns the account that is logged in in this browser, in any tab. */
export const accountHere = (): AccountId | null => currentLogin()?.account ?? null;

/** Removes a login that has ended. */
export const removeLogin = (key: LoginKey): void => localStorage.removeItem(key);

const loginKeys = (): LoginKey[] =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(PREFIX))
    .sort() as LoginKey[];
