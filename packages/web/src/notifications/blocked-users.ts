import { AccountApi, type ParleyClient } from '@parley/client';
import type { AccountId, Event } from '@parley/protocol';

/** Holds the users that the user has blocked, who cause no notifications. */
export class BlockedUsers {
  readonly #api: AccountApi;
  readonly #accounts = new Set<AccountId>();
  #isLoaded = false;

  constructor(client: ParleyClient) {
    this.#api = new AccountApi(client.api);
  }

  /** Returns whether the user has blocked an account. False until the list is loaded. */
  has(account: AccountId): boolean {
    return this.#accounts.has(account);
  }

  /** Loads the list, unless it is loaded: events keep it up to date. */
  async load(): Promise<void> {
    if (this.#isLoaded) return;
    for (const { account } of await this.#api.blocks()) this.#accounts.add(account);
    this.#isLoaded = true;
  }

  /** Applies a change that the user made on any device. */
  apply(event: Event): void {
    if (event.type === 'account.blocked') this.#accounts.add(event.data.account);
    if (event.type === 'account.unblocked') this.#accounts.delete(event.data.account);
  }
}
