/** Bounds of the delay, ms. */
const MIN_MS = 1;
const MAX_MS = 20;
/** A transaction is considered waiting if it takes this many times as long as its reads. */
const FACTOR = 4;
/** Weight of the latest transaction in the average. */
const WEIGHT = 0.1;

/**
 * Decides when a second transaction starts while one is in flight.
 *
 * If CPU is the bottleneck, concurrent transactions only make batches smaller, and each costs as
 * much as a large one. If a transaction waits (for the disk, or for the lock of another node),
 * others should use the time. The reads of a transaction never wait for the disk, and take longer
 * when the processor is busy: a transaction that takes several times as long as they do is waiting.
 */
export class Overlap {
  #readsMs = MIN_MS;

  /** The time after which the next transaction may start in parallel to those in flight, ms. */
  get delayMs(): number {
    return Math.min(Math.max(FACTOR * this.#readsMs, MIN_MS), MAX_MS);
  }

  /** Records how long the reads of a transaction took, ms. */
  observe(readsMs: number): void {
    this.#readsMs += WEIGHT * (readsMs - this.#readsMs);
  }
}
