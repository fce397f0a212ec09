/**
 * A token bucket on monotonic time: it holds `size` tokens and is refilled evenly over `windowMs`. A
 * size of 0 means no limit.
 */
export class Budget {
  readonly #size: number;
  readonly #perMs: number;
  readonly #now: () => number;
  #tokens: number;
  #at: number;

  constructor(size: number, windowMs: number, now: () => number = () => performance.now()) {
    this.#size = size;
    this.#perMs = size / windowMs;
    this.#now = now;
    this.#tokens = size;
    this.#at = now();
  }

  /** Takes a token. Returns false if there is none. */
  take(): boolean {
    if (this.#size === 0) return true;
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /**
   * Takes `cost` tokens for something that has already happened, even if there are fewer. The
   * deficit is at most twice the size.
   */
  charge(cost: number): void {
    if (this.#size === 0) return;
    this.#refill();
    this.#tokens = Math.max(this.#tokens - cost, -2 * this.#size);
  }

  /** How far {@link charge} has overdrawn the bucket, in tokens. */
  get deficit(): number {
    if (this.#size === 0) return 0;
    this.#refill();
    return Math.max(0, -this.#tokens);
  }

  /** Whether the bucket is full. */
  get full(): boolean {
    if (this.#size === 0) return true;
    this.#refill();
    return this.#tokens >= this.#size;
  }

  /** The tokens of a full bucket. */
  get size(): number {
    return this.#size;
  }

  /** Returns the milliseconds until the bucket holds `amount` tokens. */
  msUntil(amount: number): number {
    if (this.#size === 0) return 0;
    this.#refill();
    return Math.max(0, (Math.min(amount, this.#size) - this.#tokens) / this.#perMs);
  }

  /** Seconds until there is a token, at least 0.1. */
  get retryAfter(): number {
    return Math.max(0.1, Math.ceil(this.msUntil(1) / 100) / 10);
  }

  #refill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#size, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
