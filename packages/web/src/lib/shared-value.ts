import { useSyncExternalStore } from 'react';
import { Listeners } from './listeners.ts';

/** A value outside of the components, which are rendered again when it is set. */
export class SharedValue<T> {
  readonly #listeners = new Listeners();
  #value: T;

  constructor(initial: T) {
    this.#value = initial;
  }

  /** Returns the current value. */
  readonly get = (): T => this.#value;

  /** Replaces the value. */
  set(value: T): void {
    this.#value = value;
    this.#listeners.notify();
  }

  /** Returns the value to a component, which is rendered again when it changes. */
  readonly use = (): T => useSyncExternalStore(this.#listeners.subscribe, this.get);
}
