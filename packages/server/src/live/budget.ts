/**
 * A token bucket on monotonic time: `size` at once, refilled evenly over `windowMs`. A size of 0
 * means no limit.
 */
export class Budget {
  readonly #size: number;
  readonly #perMs: number;
  #left: number;
  #at: number;

  constructor(size: number, windowMs: number) {
    this.#size = size;
    this.#perMs = size / windowMs;
    this.#left = size;
    this.#at = performance.now();
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    if (this.#size === 0) return true;
    const now = performance.now();
    this.#left = Math.min(this.#size, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Seconds until there is one again, at least a tenth. */
  get retryAfter(): number {
    const ms = (1 - this.#left) / this.#perMs;
    return Math.max(0.1, Math.ceil(ms / 100) / 10);
  }
}
