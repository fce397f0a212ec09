import { setImmediate } from 'node:timers/promises';

/** How long work in the background may hold the event loop at a time, ms. */
const SLICE_MS = 2;

/** Lets others run when this work has held the event loop for long. */
export class Slices {
  #startedAt = performance.now();

  /** Whether {@link breathe} would wait: for loops with many short steps, in which each `await` costs more. */
  get isUsedUp(): boolean {
    return performance.now() - this.#startedAt >= SLICE_MS;
  }

  /** Waits for a turn of the event loop if the slice of time is used up. */
  async breathe(): Promise<void> {
    if (!this.isUsedUp) return;
    await setImmediate();
    this.#startedAt = performance.now();
  }
}
