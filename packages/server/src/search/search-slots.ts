import type { AccountId } from '@parley/protocol';
import { refuse } from '../http/errors.ts';

/** Searches that a node works on at a time; each holds a connection to the database. */
const RUNNING_MAX = 3;
/** Searches that wait on a node, and how long each waits at most, ms. */
const WAITING_MAX = 100;
const WAIT_MS = 3_000;

interface Waiting {
  readonly start: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Bounds the searches at a time: those of one account, and those of a node. More of one account are
 * rejected with `rate_limited`; more of a node wait in the order in which they came, and are rejected
 * with `overloaded` if they wait too long. A search whose caller is gone is not started.
 */
export class SearchSlots {
  readonly #perAccount: number;
  readonly #counts = new Map<AccountId, number>();
  readonly #waiting = new Set<Waiting>();
  #running = 0;

  constructor(perAccount: number) {
    this.#perAccount = perAccount;
  }

  async run<T>(account: AccountId, isGone: () => boolean, search: () => Promise<T>): Promise<T> {
    const count = this.#counts.get(account) ?? 0;
    if (count >= this.#perAccount) refuse('rate_limited', undefined, { retryAfter: 1 });
    this.#counts.set(account, count + 1);
    try {
      await this.#turn();
      try {
        if (isGone()) refuse('overloaded', undefined, { retryAfter: 1 });
        return await search();
      } finally {
        this.#running--;
        this.#startNext();
      }
    } finally {
      const left = (this.#counts.get(account) ?? 1) - 1;
      if (left === 0) this.#counts.delete(account);
      else this.#counts.set(account, left);
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < RUNNING_MAX) {
      this.#running++;
      return;
    }
    if (this.#waiting.size >= WAITING_MAX) refuse('overloaded', undefined, { retryAfter: 1 });
    const started = await new Promise<boolean>((resolve) => {
      const waiting: Waiting = {
        start: () => {
          clearTimeout(waiting.timer);
          resolve(true);
        },
        timer: setTimeout(() => {
          this.#waiting.delete(waiting);
          resolve(false);
        }, WAIT_MS),
      };
      this.#waiting.add(waiting);
    });
    if (!started) refuse('overloaded', undefined, { retryAfter: 1 });
  }

  #startNext(): void {
    const [next] = this.#waiting;
    if (!next || this.#running >= RUNNING_MAX) return;
    this.#waiting.delete(next);
    this.#running++;
    next.start();
  }
}
