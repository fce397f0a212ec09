import type { AccountId } from '@parley/protocol';
import type { Logger } from '../runtime/log.ts';
import type { LiveContext } from './context.ts';
import type { PresenceListener } from './presence-audience.ts';

/** How long a guest may receive the presence of a user with whom it no longer shares a conversation, ms. */
const RECHECK_MS = 15_000;

/** A connection of a guest. */
interface GuestListener extends PresenceListener {
  readonly account: AccountId;
  readonly closed: boolean;
}

/**
 * The presence subscriptions of one connection of a guest: of the accounts that it asks for, those with which
 * it shares a conversation. They are looked up again at an interval, as conversations change.
 */
export class GuestPresence {
  readonly #context: Pick<LiveContext, 'audience' | 'findable'>;
  readonly #connection: GuestListener;
  readonly #log: Logger;
  #wanted: readonly AccountId[] = [];
  #checkedAt = performance.now();
  #isChecking = false;

  constructor(
    context: Pick<LiveContext, 'audience' | 'findable'>,
    connection: GuestListener,
    log: Logger,
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#log = log;
  }

  /** Replaces the accounts that the guest asks for. */
  watch(accounts: readonly AccountId[]): void {
    this.#wanted = accounts;
    void this.#check();
  }

  /** Repeats the lookup if the interval has passed. `now` is monotonic, ms. */
  tick(now: number): void {
    if (this.#wanted.length > 0 && now - this.#checkedAt >= RECHECK_MS) void this.#check();
  }

  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    this.#checkedAt = performance.now();
    const { audience, findable } = this.#context;
    const connection = this.#connection;
    for (let wanted = this.#wanted; ; wanted = this.#wanted) {
      try {
        const found = await findable(connection.account, wanted);
        if (connection.closed) break;
        // The guest has replaced the accounts during the lookup.
        if (wanted !== this.#wanted) continue;
        audience.replace(connection, found);
      } catch (error) {
        this.#log.warn({ err: error }, 'presence of a guest not looked up');
        if (!connection.closed) audience.replace(connection, []);
      }
      break;
    }
    this.#isChecking = false;
  }
}
