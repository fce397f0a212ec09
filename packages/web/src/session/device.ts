import type { AccountId } from '@parley/protocol';
import { closeNotificationsOfOthers, endSubscription } from '../lib/browser-notifications.ts';
import { removeShell } from '../lib/service-worker.ts';
import { accountHere } from './login-record.ts';

/**
 * The data that this browser stores for an account: messages (IndexedDB), drafts and settings
 * (localStorage). Every name contains the account, so that accounts that share a browser never see
 * each other’s data. Only the theme belongs to the browser itself.
 */

const PREFIX = 'parley.kept.';
/** Names of earlier versions, which do not contain the account or login that they belong to. */
const UNOWNED = /^parley\.(account$|draft\.|sound$)/;
/** `IndexedDbStore` of the SDK names its databases `parley-` followed by the account. */
const DATABASE = 'parley-';

/** Returns the localStorage key of an account’s value. */
const storageKey = (account: AccountId, name: string): string => `${PREFIX}${account}.${name}`;

/** Reads a value that is stored for the account. */
export const readStored = (account: AccountId, name: string): string | null =>
  localStorage.getItem(storageKey(account, name));

/**
 * Stores a value for the account; null removes it. Does nothing once the account is logged out: a
 * tab that has not noticed yet must not restore what the logout has removed.
 */
export const writeStored = (account: AccountId, name: string, value: string | null): void =>
  write(localStorage, account, name, value);

/** Returns the names of the account’s values that begin with a text. */
export function storedNames(account: AccountId, start: string): string[] {
  const prefix = storageKey(account, '');
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(`${prefix}${start}`))
    .map((key) => key.slice(prefix.length));
}

/** Like {@link readStored}, for a value of this tab that survives only reloads of the page. */
export const readStoredInTab = (account: AccountId, name: string): string | null =>
  sessionStorage.getItem(storageKey(account, name));

/** Like {@link writeStored}, for a value of this tab that survives only reloads of the page. */
export const writeStoredInTab = (account: AccountId, name: string, value: string | null): void =>
  write(sessionStorage, account, name, value);

function write(storage: Storage, account: AccountId, name: string, value: string | null): void {
  if (accountHere() !== account) return;
  try {
    if (value === null) storage.removeItem(storageKey(account, name));
    else storage.setItem(storageKey(account, name), value);
  } catch (error) {
    // The storage is full. What was typed is still in the page, and can be sent.
    console.warn('Could not store a value on this device:', error);
  }
}

/**
 * Removes the values of all accounts other than this one from localStorage, and from the sessionStorage
 * of this tab; null: of all accounts.
 */
export function removeStoredOfOthers(account: AccountId | null): void {
  for (const storage of [localStorage, sessionStorage]) {
    for (const key of Object.keys(storage)) {
      const foreign = key.startsWith(PREFIX) && (account === null || !isOf(account, key));
      if (foreign || UNOWNED.test(key)) storage.removeItem(key);
    }
  }
}

const isOf = (account: AccountId, key: string): boolean => key.startsWith(storageKey(account, ''));

/** The name of the value that is set while notifications are pushed to this browser. */
export const PUSH = 'push';

/** Returns whether the user has turned on that notifications are pushed to this browser. */
export const isPushOn = (account: AccountId): boolean => readStored(account, PUSH) !== null;

/**
 * Removes everything that this browser stores for accounts that are not logged in: values, message
 * databases, notifications, the push subscription, and, when no one is logged in, the files of the web
 * client. Also removes what a logout left behind because its tab was closed early.
 */
export async function removeOthers(): Promise<void> {
  removeStoredOfOthers(accountHere());
  await closeNotificationsOfOthers(accountHere);
  const account = accountHere();
  if (account === null || !isPushOn(account)) await endSubscription();
  if (account === null) await removeShell();
  const databases = (await indexedDB.databases?.()) ?? [];
  // Read again: an account may have logged in meanwhile.
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
    // The request waits until every tab that has the database open has closed it.
  });
}
