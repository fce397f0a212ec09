import { hash, verify } from '@node-rs/argon2';
import { type Refusal, refusal } from '@parley/protocol';
import { RefusalError } from '../../http/errors.ts';

/** argon2id (the library’s default) with the parameters of OWASP: 19 MiB, two passes, one lane. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const { memoryCost, timeCost, parallelism } = OPTIONS;
/** The hash of no known password, verified where there is no account: with the same parameters, in the same time. */
const DECOY = `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;
/** More at once would starve the thread pool and occupy every core. */
const AT_ONCE = 2;
/** A few seconds of work; further requests are refused. */
const WAITING_MAX = 100;

/**
 * Hashes and verifies passwords, two at a time.
 *
 * 1. Verification takes the same time whether the account exists or not.
 * 2. A flood is refused (`overloaded`) before it costs a hash.
 */
export class Passwords {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Returns a refusal when too many are queued; call it before the work. */
  get overload(): Refusal | null {
    if (this.#waiting.length < WAITING_MAX) return null;
    return refusal('overloaded', undefined, { retryAfter: 5 });
  }

  /** Returns the hash to store (PHC string format). */
  hash(password: string): Promise<string> {
    return this.#limited(() => hash(password, OPTIONS));
  }

  /** Returns whether the password matches the hash; false without a hash, after the same time. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const same = await this.#limited(() => verify(stored ?? DECOY, password));
    return same && stored !== null;
  }

  /** Runs the work when fewer than {@link AT_ONCE} others are running. */
  async #limited<T>(work: () => Promise<T>): Promise<T> {
    // The next in the queue takes over the slot directly, so that no other caller can get it first.
    if (this.#running >= AT_ONCE) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/** @throws {RefusalError} overloaded, when too many passwords wait to be hashed */
export function refuseOverload(passwords: Passwords): void {
  const { overload } = passwords;
  if (overload) throw new RefusalError(overload);
}
