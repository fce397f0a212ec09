/** The source of the current time, which tests and chaos replace. */
export interface Clock {
  /** Returns the wall-clock time in milliseconds since the epoch; it may jump in either direction. */
  now(): number;
}

/** The clock of the machine. */
export const systemClock: Clock = { now: () => Date.now() };
