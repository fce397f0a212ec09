/**
 * A token bucket on monotonic time: `size` at once, refilled evenly over `windowMs`. A size of 0
 * means no limit.
 */
export class Budget {
  readonly #size: number;
  readonly #perMs: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  constructor(size: number, windowMs: number, now: () => number = () => performance.now()) {
    this.#size = size;
    this.#perMs = size / windowMs;
    this.#now = now;
    this.#left = size;
    this.#at = now();
  }

  /** Takes one; false when there is none. */
  take(): boolean {
    if (this.#size === 0) return true;
    this.#refill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /**
   * Takes `cost` for something that has happened already, also when so much is not left. The debt grows
   * to twice the size at most.
   */
  charge(cost: number): void {
    if (this.#size === 0) return;
    this.#refill();
    this.#left = Math.max(this.#left - cost, -2 * this.#size);
  }

  /** How much more was charged than there was. */
  get debt(): number {
    if (this.#size === 0) return 0;
    this.#refill();
    return Math.max(0, -this.#left);
  }

  /** Whether nothing is taken at the moment. */
  get full(): boolean {
    if (this.#size === 0) return true;
    this.#refill();
    return this.#left >= this.#size;
  }

  /** What the bucket holds at most. */
  get size(): number {
    return this.#size;
  }

  /** Milliseconds until `amount` is there. */
  msUntil(amount: number): number {
    if (this.#size === 0) return 0;
    this.#refill();
    return Math.max(0, (Math.min(amount, this.#size) - this.#left) / this.#perMs);
  }

  /** Seconds until there is one again, at least a tenth. */
  get retryAfter(): number {
    return Math.max(0.1, Math.ceil(this.msUntil(1) / 100) / 10);
  }

  #refill(): void {
    const now = this.#now();
    this.#left = Math.min(this.#size, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
