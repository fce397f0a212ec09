import type { AccountId } from '@parley/protocol';

const PREFIX = 'parley/';

/** The `localStorage` of a page; null in programs. */
const ofPage = (): Storage | null => (typeof document === 'undefined' ? null : localStorage);

/**
 * Keeps small values of one account on this device: drafts, settings, and whatever else must not be
 * seen by the next user of the browser. They are in `localStorage` under names that contain the
 * account, and are deleted with the rest of the account’s data when its session ends.
 */
export class AccountStorage {
  readonly #prefix: string;
  readonly #storage: Storage;

  /** `storage` is the page’s `localStorage` by default. */
  constructor(account: AccountId, storage: Storage = localStorage) {
    this.#prefix = `${PREFIX}${account}/`;
    this.#storage = storage;
  }

  get(key: string): string | null {
    return this.#storage.getItem(this.#prefix + key);
  }

  /** @throws {DOMException} `QuotaExceededError` when the browser has no room left */
  set(key: string, value: string): void {
    this.#storage.setItem(this.#prefix + key, value);
  }

  remove(key: string): void {
    this.#storage.removeItem(this.#prefix + key);
  }

  /** Deletes everything of the account. */
  clear(): void {
    removeWhere(this.#storage, (name) => name.startsWith(this.#prefix));
  }
}

/** Deletes what is kept in `localStorage` for an account. */
export function clearAccountStorage(account: AccountId, storage: Storage | null = ofPage()): void {
  if (storage) new AccountStorage(account, storage).clear();
}

/** Deletes what earlier versions and interrupted log-outs have left of all other accounts. */
export function clearOtherAccounts(account: AccountId, storage: Storage | null = ofPage()): void {
  if (!storage) return;
  const own = `${PREFIX}${account}/`;
  removeWhere(storage, (name) => name.startsWith(PREFIX) && !name.startsWith(own));
}

function removeWhere(storage: Storage, matches: (name: string) => boolean): void {
  const names = Array.from({ length: storage.length }, (_, i) => storage.key(i));
  for (const name of names) if (name !== null && matches(name)) storage.removeItem(name);
}
