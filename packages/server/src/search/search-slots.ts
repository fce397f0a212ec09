import type { AccountId } from '@parley/protocol';
import { refuse } from '../http/errors.ts';

/** Searches that run on a node at a time; each holds a database connection. */
const RUNNING_MAX = 3;
/** Searches that wait on a node, and how long each waits at most, ms. */
const WAITING_MAX = 100;
const WAIT_MS = 3_000;

/** A search in progress or waiting. */
interface Requested {
  readonly isGone: () => boolean;
  /** Set while it waits: leaves the queue. */
  leave?: () => void;
}

/**
 * Limits concurrent searches per account and per node. Further searches of an account are rejected
 * with `rate_limited`; further searches on a node wait in order, and are rejected with `overloaded`
 * if they wait too long.
 *
 * A search whose caller is gone, for instance because its user has typed on, is not started and does not
 * count for its account.
 */
export class SearchSlots {
  readonly #perAccount: number;
  readonly #requested = new Map<AccountId, Set<Requested>>();
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(perAccount: number) {
    this.#perAccount = perAccount;
  }

  async run<T>(account: AccountId, isGone: () => boolean, search: () => Promise<T>): Promise<T> {
    const ofAccount = this.#requested.get(account) ?? new Set();
    for (const one of [...ofAccount]) if (one.isGone()) one.leave?.();
    const present = [...ofAccount].filter((one) => !one.isGone());
    if (present.length >= this.#perAccount) refuse('rate_limited', undefined, { retryAfter: 1 });
    const requested: Requested = { isGone };
    ofAccount.add(requested);
    this.#requested.set(account, ofAccount);
    try {
      await this.#waitForSlot(requested);
      try {
        if (isGone()) refuse('overloaded', undefined, { retryAfter: 1 });
        return await search();
      } finally {
        this.#running--;
        this.#startNext();
      }
    } finally {
      ofAccount.delete(requested);
      if (ofAccount.size === 0) this.#requested.delete(account);
    }
  }

  async #waitForSlot(requested: Requested): Promise<void> {
    if (this.#running < RUNNING_MAX) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= WAITING_MAX) refuse('overloaded', undefined, { retryAfter: 1 });
    const started = await new Promise<boolean>((resolve) => {
      const end = (isStarted: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(start);
        delete requested.leave;
        resolve(isStarted);
      };
      const start = () => end(true);
      requested.leave = () => end(false);
      const timer = setTimeout(requested.leave, WAIT_MS);
      this.#waiting.add(start);
    });
    if (!started) refuse('overloaded', undefined, { retryAfter: 1 });
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (!next || this.#running >= RUNNING_MAX) return;
    this.#running++;
    next();
  }
}
