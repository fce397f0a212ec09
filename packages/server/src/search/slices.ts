import { setImmediate } from 'node:timers/promises';

/** How long background work may block the event loop at a time, ms. */
const SLICE_MS = 2;

/** Yields to the event loop when background work has blocked it for too long. */
export class Slices {
  #startedAt = performance.now();

  /**
   * Whether {@link pause} would wait; for loops with many short steps, where an `await` each would
   * be expensive.
   */
  get isUsedUp(): boolean {
    return performance.now() - this.#startedAt >= SLICE_MS;
  }

  /** Waits for the next turn of the event loop if the time slice is used up. */
  async pause(): Promise<void> {
    if (!this.isUsedUp) return;
    await setImmediate();
    this.#startedAt = performance.now();
  }
}
