/**
 * The simulated time, and the order in which everything happens in it. All waiting and every completion
 * goes through it, so that a seed decides a schedule and repeats it.
 */
export interface Scheduler {
  /** Returns the simulated time in ms. */
  now(): number;
  /**
   * Runs `fn` later, at a moment that the seed chooses within the range (ms from now). Returns a
   * function that cancels it.
   */
  later(minMs: number, maxMs: number, fn: () => void): () => void;
  /** Returns a number in [0, 1) that follows from the seed. */
  random(): number;
}
