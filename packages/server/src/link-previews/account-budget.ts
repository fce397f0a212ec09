import type { AccountId } from '@parley/protocol';

/** Links of one account that a node fetches within a window. */
const LINKS_MAX = 60;
/** The window, ms. */
const WINDOW_MS = 60_000;

/** Counts the links that are fetched for each account: those above the bound get no preview. */
export class AccountBudget {
  readonly #taken = new Map<AccountId, number>();
  #until = 0;

  /** Takes one link of an account; false if it has none left in this window. */
  take(account: AccountId): boolean {
    const now = performance.now();
    if (now >= this.#until) {
      this.#taken.clear();
      this.#until = now + WINDOW_MS;
    }
    const taken = this.#taken.get(account) ?? 0;
    if (taken >= LINKS_MAX) return false;
    this.#taken.set(account, taken + 1);
    return true;
  }
}
