import { hash, verify } from '@node-rs/argon2';
import { type Refusal, refusal } from '@parley/protocol';

/** argon2id (the library’s default kind) with the figures of OWASP: 19 MiB, two passes, one lane. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** More at a time would take the thread pool and a core from everything else. */
const AT_ONCE = 2;
/** Some seconds’ worth: whoever would have to wait longer is told to come back. */
const WAITING_MAX = 100;

/**
 * Hashes and checks passwords, two at a time.
 *
 * 1. To check costs the same whether the account exists or not: the time tells nothing.
 * 2. A flood is refused (`overloaded`) before it has cost a hash.
 */
export class Passwords {
  readonly #decoy: Promise<string> = hash('nobody has this password', OPTIONS);
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** A refusal when too many wait already; asked before the work is given. */
  get overload(): Refusal | null {
    if (this.#waiting.length < WAITING_MAX) return null;
    return refusal('overloaded', undefined, { retryAfter: 5 });
  }

  /** The hash to store (PHC string format). */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, OPTIONS));
  }

  /** Whether the password is the one of the hash; without a hash it is not, at the same cost. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    const against = stored ?? (await this.#decoy);
    const same = await this.#inTurn(() => verify(against, password));
    return same && stored !== null;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    // Who is let in takes over the place of who has left: nobody can slip in between.
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
