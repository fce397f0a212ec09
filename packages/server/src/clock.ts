/** Where the server takes the time from: one place, so that tests and the chaos run can shift it. */
export interface Clock {
  /** Milliseconds since the epoch, as the wall clock shows them: may jump either way. */
  now(): number;
}

/** The machine’s own clock. */
export const systemClock: Clock = { now: () => Date.now() };
