import type { AccountId } from '@parley/protocol';

/** Links of one account that a node fetches within a window, and long texts that it parses. */
const MAX = 60;
/** Characters of a text that is long: one of 16,000 takes up to 100 ms, one of this length 2 ms. */
const LONG = 2_000;
/** The window, ms. */
const WINDOW_MS = 60_000;

/** Counts the links, or the long texts, of each account in a window: those above the bound get no preview. */
export class AccountBudget {
  readonly #taken = new Map<AccountId, number>();
  #until = 0;

  /** Takes a text of an account; false if it is long and the account has none left in this window. */
  takeText(account: AccountId, text: string): boolean {
    return text.length <= LONG || this.take(account);
  }

  /** Takes one of an account; false if it has none left in this window. */
  take(account: AccountId): boolean {
    const now = performance.now();
    if (now >= this.#until) {
      this.#taken.clear();
      this.#until = now + WINDOW_MS;
    }
    const taken = this.#taken.get(account) ?? 0;
    if (taken >= MAX) return false;
    this.#taken.set(account, taken + 1);
    return true;
  }
}
