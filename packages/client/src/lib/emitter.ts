/** Calls listeners by kind of event. A listener that throws does not affect the others. */
export class Emitter<Kinds extends object> {
  readonly #listeners = new Map<keyof Kinds, Set<(value: never) => void>>();

  on<K extends keyof Kinds>(kind: K, listener: (value: Kinds[K]) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(kind, listeners);
    return () => listeners.delete(listener);
  }

  emit<K extends keyof Kinds>(kind: K, value: Kinds[K]): void {
    for (const listener of this.#listeners.get(kind) ?? []) {
      try {
        (listener as (value: Kinds[K]) => void)(value);
      } catch (error) {
        // Reported as an error of the listener, outside of frame handling.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
