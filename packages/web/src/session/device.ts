import type { AccountId } from '@parley/protocol';

/**
 * What this browser keeps for an account: its messages (IndexedDB), drafts and settings
 * (localStorage). Each name carries the account, so that two accounts that take turns at one
 * browser never see anything of each other. The theme is the only setting of the browser itself.
 */

/** Holds the id of the account that is logged in here; tabs watch it for each other. */
export const ACCOUNT_KEY = 'parley.account';
const KEPT = 'parley.kept.';
/** Names of earlier versions, without an account: nobody can tell whose they are. */
const UNOWNED = /^parley\.(draft\.|sound$)/;
/** The databases of `IndexedDbStore` of the SDK are called `parley-` and the account. */
const DATABASE = 'parley-';

/** The account that is logged in in this browser, as every tab sees it. */
export const accountHere = (): AccountId | null =>
  localStorage.getItem(ACCOUNT_KEY) as AccountId | null;

/** The localStorage key of an account’s value. */
export const keptKey = (account: AccountId, name: string): string => `${KEPT}${account}.${name}`;

/** Reads a value that is kept for the account. */
export const readKept = (account: AccountId, name: string): string | null =>
  localStorage.getItem(keptKey(account, name));

/**
 * Keeps a value for the account; null removes it. Does nothing once the account is logged out: a
 * page that has not noticed yet must not write again what the log-out has removed.
 */
export function writeKept(account: AccountId, name: string, value: string | null): void {
  if (accountHere() !== account) return;
  try {
    if (value === null) localStorage.removeItem(keptKey(account, name));
    else localStorage.setItem(keptKey(account, name), value);
  } catch (error) {
    // The storage is full. What is typed is still in the page, and can be sent.
    console.warn('Could not keep a value on this device:', error);
  }
}

/** Removes at once what localStorage keeps for accounts other than this one; null: for all. */
export function removeKeptOfOthers(account: AccountId | null): void {
  for (const key of Object.keys(localStorage)) {
    const foreign = key.startsWith(KEPT) && (account === null || !isOf(account, key));
    if (foreign || UNOWNED.test(key)) localStorage.removeItem(key);
  }
}

const isOf = (account: AccountId, key: string): boolean => key.startsWith(keptKey(account, ''));

/**
 * Removes everything that this browser keeps for accounts that are not logged in: values, message
 * databases, notifications. Also what a log-out left behind because its tab was closed too early.
 */
export async function removeOthers(): Promise<void> {
  removeKeptOfOthers(accountHere());
  await closeNotificationsOfOthers();
  const databases = (await indexedDB.databases?.()) ?? [];
  // Read again: somebody may have logged in meanwhile.
  const own = `${DATABASE}${accountHere() ?? ''}`;
  await Promise.all(
    databases
      .map(({ name }) => name)
      .filter((name) => name?.startsWith(DATABASE) && name !== own)
      .map((name) => removeDatabase(name as string)),
  );
}

function removeDatabase(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    // A tab that still has it open lets go of it when it notices; the request waits for that.
  });
}

async function closeNotificationsOfOthers(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of (await registration?.getNotifications()) ?? []) {
    const { account } = (shown.data ?? {}) as { account?: unknown };
    if (account !== accountHere()) shown.close();
  }
}
