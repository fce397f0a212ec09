import type { Scheduler } from '../src/event-loop/scheduler.ts';

/** Something that happens at a time. */
interface Happening {
  readonly at: number;
  readonly fn: () => void;
}

/** A scheduler for tests of one part of the simulation: a seed, and steps. */
export class SteppedScheduler implements Scheduler {
  #now = Date.parse('2026-01-01T00:00:00.000Z');
  #state: number;
  #happenings: Happening[] = [];
  readonly #onAdvance: (ms: number) => void;

  /** `onAdvance` is called as time goes by: for timers of the product, which must not run in real time. */
  constructor(seed: number, onAdvance: (ms: number) => void = () => undefined) {
    this.#state = seed >>> 0;
    this.#onAdvance = onAdvance;
  }

  now(): number {
    return this.#now;
  }

  later(minMs: number, maxMs: number, fn: () => void): () => void {
    const happening = { at: this.#now + minMs + this.random() * (maxMs - minMs), fn };
    // Few are open at a time.
    const place = this.#happenings.findLastIndex((other) => other.at <= happening.at);
    this.#happenings.splice(place + 1, 0, happening);
    return () => {
      this.#happenings = this.#happenings.filter((other) => other !== happening);
    };
  }

  /** The generator “mulberry32”. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Runs what happens within the next `ms`, and everything that follows from it at once. */
  async run(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (let next = this.#happenings[0]; next && next.at <= end; next = this.#happenings[0]) {
      this.#happenings.shift();
      this.#advance(next.at);
      next.fn();
      await settled();
    }
    this.#advance(end);
  }

  #advance(to: number): void {
    const ms = to - this.#now;
    this.#now = to;
    this.#onAdvance(ms);
  }

  /** Runs until a promise is settled, and returns what it resolves with. */
  async until<T>(promise: Promise<T>, ms = 60_000): Promise<T> {
    let isSettled = false;
    const settle = () => {
      isSettled = true;
    };
    promise.then(settle, settle);
    for (const end = this.#now + ms; !isSettled && this.#now < end; ) await this.run(1);
    if (!isSettled) throw new Error(`Not settled after ${ms} ms`);
    return promise;
  }
}

/** Resolves when all microtasks have run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
