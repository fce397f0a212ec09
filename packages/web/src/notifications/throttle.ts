/**
 * Calls back with the first key at once, and with keys added within an interval after that
 * together, at its end.
 */
export class Throttle<K> {
  readonly #ms: number;
  readonly #onKeys: (keys: readonly K[]) => void;
  readonly #keys = new Set<K>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(ms: number, onKeys: (keys: readonly K[]) => void) {
    this.#ms = ms;
    this.#onKeys = onKeys;
  }

  /** Adds a key; moves it to the end if it is already waiting. */
  add(key: K): void {
    this.#keys.delete(key);
    this.#keys.add(key);
    if (this.#timer === null) this.#flush();
  }

  /** Removes a key that is waiting. */
  delete(key: K): void {
    this.#keys.delete(key);
  }

  /** Removes all waiting keys. */
  clear(): void {
    this.#keys.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #flush(): void {
    const keys = [...this.#keys];
    this.#keys.clear();
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#keys.size > 0) this.#flush();
    }, this.#ms);
    this.#onKeys(keys);
  }
}
