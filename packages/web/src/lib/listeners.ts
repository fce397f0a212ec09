/** Functions that are called when something has changed. */
export class Listeners {
  readonly #listeners = new Set<() => void>();

  /** Whether there is no listener. */
  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** Adds a listener. Returns a function that removes it. A property, because React calls it without its object. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Calls all listeners, except those that are added or removed by an earlier one. */
  readonly notify = (): void => {
    for (const listener of [...this.#listeners]) {
      if (this.#listeners.has(listener)) listener();
    }
  };
}
