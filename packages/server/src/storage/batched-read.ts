/** Limits of a {@link BatchedRead}. */
export interface BatchedReadLimits {
  /** The most keys of one read. */
  readonly keys: number;
  /** The most reads at a time. Keys that come meanwhile wait, and share the next read. */
  readonly reads: number;
}

/** A key that waits for a read. */
interface Waiting<Key, Value> {
  readonly key: Key;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads values that many callers request at about the same time, for example when clients reconnect after
 * a restart: a statement for several keys costs PostgreSQL much less than one for each.
 *
 * 1. A value is read after it was requested: nothing is cached, and a read that has started takes no more keys.
 * 2. A key that is alone is read at once.
 * 3. Keys are read in the order of their requests. If a read fails, all of its keys fail, so a key must not
 *    be able to make the statement fail.
 */
export class BatchedRead<Key, Value> {
  readonly #read: (keys: readonly Key[]) => Promise<readonly Value[]>;
  readonly #limits: BatchedReadLimits;
  readonly #waiting: Waiting<Key, Value>[] = [];
  #running = 0;

  /** `read` returns the values of the keys, in their order. */
  constructor(
    read: (keys: readonly Key[]) => Promise<readonly Value[]>,
    limits: BatchedReadLimits,
  ) {
    this.#read = read;
    this.#limits = limits;
  }

  /** Returns the value of a key, as of a time after this call. */
  get(key: Key): Promise<Value> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (this.#running < this.#limits.reads) void this.#run();
    });
  }

  /** Reads until no key waits; never throws. */
  async #run(): Promise<void> {
    this.#running++;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#limits.keys);
      try {
        const values = await this.#read(batch.map(({ key }) => key));
        for (const [n, { resolve }] of batch.entries()) resolve(values[n] as Value);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running--;
  }
}
