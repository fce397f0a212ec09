import type { AccountId } from '@parley/protocol';

/**
 * Limits the links of one account that a node fetches within a window, and the long texts that it
 * parses.
 */
const MAX = 60;
/** Characters above which a text is long: parsing 16,000 takes up to 100 ms, this many 2 ms. */
const LONG = 2_000;
/** The window, ms. */
const WINDOW_MS = 60_000;

/**
 * Counts the links or long texts of each account in a window; those above the limit get no preview.
 */
export class AccountBudget {
  readonly #counts = new Map<AccountId, number>();
  #until = 0;

  /** Counts a text of an account; false if it is long and over the limit. */
  takeText(account: AccountId, text: string): boolean {
    return text.length <= LONG || this.take(account);
  }

  /** Counts one for an account; false if over the limit. */
  take(account: AccountId): boolean {
    const now = performance.now();
    if (now >= this.#until) {
      this.#counts.clear();
      this.#until = now + WINDOW_MS;
    }
    const count = this.#counts.get(account) ?? 0;
    if (count >= MAX) return false;
    this.#counts.set(account, count + 1);
    return true;
  }
}
