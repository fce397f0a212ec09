/** First and longest pause before reconnecting, ms. */
const FIRST_MS = 250;
const LONGEST_MS = 15_000;
/** After a connection that was live this long, the pauses restart, ms. */
const STABLE_MS = 60_000;

/**
 * Computes pauses between connection attempts: full jitter, a random time up to a bound that
 * doubles. Many clients that lose the same server reconnect at different times.
 */
export class Backoff {
  readonly #random: () => number;
  #attempts = 0;
  #liveSince: number | null = null;

  /** `random` returns numbers in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Records that the connection is live; `now` is monotonic, ms. */
  live(now: number): void {
    this.#liveSince = now;
  }

  /**
   * Returns how long to wait after the connection was lost, ms. `wanted` is the delay that the server
   * asked for, ms.
   */
  next(now: number, wanted: number | null = null): number {
    if (this.#liveSince !== null && now - this.#liveSince >= STABLE_MS) this.#attempts = 0;
    this.#liveSince = null;
    const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 30);
    if (wanted !== null && wanted > 0) return wanted * (0.5 + this.#random());
    return this.#random() * bound;
  }

  /** Restarts the pauses: the network is back, or the user asks to reconnect. */
  reset(): void {
    this.#attempts = 0;
  }
}
