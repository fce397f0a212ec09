import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Backoff } from './backoff.ts';

describe('the delay before reconnecting', () => {
  test('is random up to a bound that doubles from 0.25 s to 15 s', () => {
    const longest = new Backoff(() => 1);
    const pauses = Array.from({ length: 9 }, () => longest.next(0));
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    for (let n = 0; n < 2_000; n++) longest.next(0);
    expect(longest.next(0)).toBe(15_000);
    const shortest = new Backoff(() => 0);
    expect(shortest.next(0)).toBe(0);
    expect(new Backoff(() => 0.5).next(0)).toBe(125);
  });

  test('restarts after a connection that was live for a minute, not after a shorter one', () => {
    const backoff = new Backoff(() => 1);
    for (let n = 0; n < 4; n++) backoff.next(0);
    backoff.live(1_000);
    expect(backoff.next(60_999)).toBe(4_000);
    // Not live since, so the previous connection does not count again.
    expect(backoff.next(200_000)).toBe(8_000);
    backoff.live(300_000);
    expect(backoff.next(360_000)).toBe(250);
  });

  test('restarts on request', () => {
    const backoff = new Backoff(() => 1);
    for (let n = 0; n < 4; n++) backoff.next(0);
    backoff.reset();
    expect(backoff.next(0)).toBe(250);
  });

  test('is between 0.5 and 1.5 times what the server asked for', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 100_000 }),
        (random, wanted) => {
          const pause = new Backoff(() => random).next(0, wanted);
          expect(pause).toBeCloseTo(wanted * (0.5 + random), 6);
        },
      ),
    );
    // Zero means no request.
    expect(new Backoff(() => 1).next(0, 0)).toBe(250);
    expect(new Backoff(() => 1).next(0, null)).toBe(250);
  });
});
