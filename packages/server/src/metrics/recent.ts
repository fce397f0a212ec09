/**
 * Counts and times over the last minute. They are kept in windows of five seconds, so that their
 * memory does not depend on the load.
 */

const WINDOW_MS = 5_000;
/** One more than a minute has, because the first one is incomplete. */
const WINDOWS = 13;

/** Values in windows; those older than a minute are reset before they are reused. */
class Windows<T> {
  readonly #values: T[];
  readonly #reset: (value: T) => T;
  /** The number of the latest window since the clock started. */
  #latest = 0;

  constructor(first: () => T, reset: (value: T) => T) {
    this.#values = Array.from({ length: WINDOWS }, first);
    this.#reset = reset;
  }

  /** Changes the value of the current window. */
  change(now: number, change: (value: T) => T): void {
    const index = this.#advance(now);
    this.#values[index] = change(this.#values[index] as T);
  }

  /** Returns the values of all windows of the last minute. */
  all(now: number): readonly T[] {
    this.#advance(now);
    return this.#values;
  }

  /** Resets the windows that have ended since the last call. Returns the index of the current one. */
  #advance(now: number): number {
    const current = Math.max(this.#latest, Math.floor(now / WINDOW_MS));
    const first = Math.max(this.#latest + 1, current - WINDOWS + 1);
    for (let window = first; window <= current; window++) {
      const index = window % WINDOWS;
      this.#values[index] = this.#reset(this.#values[index] as T);
    }
    this.#latest = current;
    return current % WINDOWS;
  }
}

/** Counts how often something happened in the last minute. */
export class RecentCount {
  readonly #windows = new Windows(
    () => 0,
    () => 0,
  );
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(times: number): void {
    this.#windows.change(this.#now(), (count) => count + times);
  }

  /** Returns how often it happened in the last 60 to 65 seconds. */
  get total(): number {
    return this.#windows.all(this.#now()).reduce((sum, count) => sum + count, 0);
  }
}

/** The largest time of the first bucket, ms; each further bucket is a quarter larger. */
const FIRST_MS = 0.5;
const GROWTH = 1.25;
/** The last bucket takes all times above about a minute. */
const BUCKETS = 54;

/** The median and the 99th percentile of times in ms. */
export interface TimesSummary {
  readonly median: number;
  readonly p99: number;
}

/** Measures how long something took in the last minute. */
export class RecentTimes {
  readonly #windows = new Windows(
    () => new Uint32Array(BUCKETS),
    (buckets) => buckets.fill(0),
  );
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, FIRST_MS) / FIRST_MS) / Math.log(GROWTH));
    const index = Math.min(bucket, BUCKETS - 1);
    this.#windows.change(this.#now(), (buckets) => {
      buckets[index] = (buckets[index] ?? 0) + 1;
      return buckets;
    });
  }

  /** Returns the summary of the last minute, rounded up by at most a quarter; null if nothing was measured. */
  get summary(): TimesSummary | null {
    const sums = new Array<number>(BUCKETS).fill(0);
    for (const buckets of this.#windows.all(this.#now())) {
      for (const [index, count] of buckets.entries()) sums[index] = (sums[index] ?? 0) + count;
    }
    const total = sums.reduce((sum, count) => sum + count, 0);
    if (total === 0) return null;
    return { median: quantile(sums, total * 0.5), p99: quantile(sums, total * 0.99) };
  }
}

/** Returns the largest time of the bucket that contains the `rank`th time. */
function quantile(sums: readonly number[], rank: number): number {
  let passed = 0;
  const index = sums.findIndex((count) => {
    passed += count;
    return passed >= rank && passed > 0;
  });
  return Math.round(FIRST_MS * GROWTH ** index * 10) / 10;
}
