interface Work {
  running: number;
  readonly waiting: (() => void)[];
}

/** Runs at most a number of tasks of each key at once; further ones wait in the order of their arrival. */
export class ConcurrencyLimit {
  readonly #max: number;
  readonly #keys = new Map<string, Work>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The number of keys with a task that runs. */
  get size(): number {
    return this.#keys.size;
  }

  /** Runs the task when it is its turn, and settles as it does. */
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
