/** The longest delay, ms. */
const MAX_MS = 3_600_000;

/** Returns the delay after this many attempts, ms: `minMs`, tripled with each, at most an hour. */
export const backoff = (attempts: number, minMs: number): number =>
  Math.min(MAX_MS, minMs * 3 ** Math.min(attempts - 1, 20));
