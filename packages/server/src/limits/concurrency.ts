interface Work {
  running: number;
  readonly waiting: (() => void)[];
}

/** Runs a limited number of tasks per key at once; further ones wait in order of arrival. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #keys = new Map<string, Work>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The number of keys with running tasks. */
  get size(): number {
    return this.#keys.size;
  }

  /** Runs the task when it is its turn; settles like the task. */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const work = this.#keys.get(key) ?? { running: 0, waiting: [] };
    this.#keys.set(key, work);
    if (work.running < this.#max) work.running++;
    else await new Promise<void>((resolve) => work.waiting.push(resolve));
    try {
      return await task();
    } finally {
      // The next task takes the place of this one.
      const next = work.waiting.shift();
      if (next) next();
      else if (--work.running === 0) this.#keys.delete(key);
    }
  }
}
