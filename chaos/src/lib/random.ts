/**
 * Reproducible randomness: the same seed gives the same faults and commands. The generator is
 * mulberry32: 32 bits of state, good enough for choices, not for secrets.
 */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Returns a number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** Returns an integer in [min, max]. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** Returns one of the items. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new Error('Nothing to pick from');
    return items[Math.floor(this.next() * items.length)] as T;
  }

  /** Returns one of the items by their probabilities; `otherwise` for what these leave of 1. */
  weighted<T>(shares: readonly (readonly [item: T, probability: number])[], otherwise: T): T {
    let x = this.next();
    for (const [item, probability] of shares) {
      if (x < probability) return item;
      x -= probability;
    }
    return otherwise;
  }

  /** Returns true with the given probability. */
  chance(p: number): boolean {
    return this.next() < p;
  }

  /** Returns a separate generator, so that one client’s choices do not depend on another’s timing. */
  fork(salt: number): Random {
    return new Random(Math.imul(this.#state ^ 0x9e3779b9, salt + 1) ^ salt);
  }
}
