import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RecentCount, RecentTimes } from './recent.ts';

/** A clock that shows the time that was set last. */
function clockAt(start: number) {
  let now = start;
  return {
    now: () => now,
    set: (time: number) => {
      now = time;
    },
  };
}

describe('counts of the last minute', () => {
  test('start at zero, even long after the clock started', () => {
    expect(new RecentCount(() => 9e9).total).toBe(0);
  });

  test('include everything from the last 60 seconds and nothing older than 65', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(30_000), fc.integer({ min: 1, max: 9 })), { maxLength: 60 }),
        (steps) => {
          const clock = clockAt(123_456);
          const count = new RecentCount(clock.now);
          const added: { at: number; times: number }[] = [];
          for (const [wait, times] of steps) {
            clock.set(clock.now() + wait);
            count.add(times);
            added.push({ at: clock.now(), times });
            const since = (ms: number) =>
              added
                .filter(({ at }) => at > clock.now() - ms)
                .reduce((sum, one) => sum + one.times, 0);
            expect(count.total).toBeGreaterThanOrEqual(since(60_000));
            expect(count.total).toBeLessThanOrEqual(since(65_000));
          }
        },
      ),
    );
  });
});

describe('times of the last minute', () => {
  test('have no summary before the first measurement, and a minute after the last', () => {
    const clock = clockAt(0);
    const times = new RecentTimes(clock.now);
    expect(times.summary).toBeNull();
    times.add(3);
    expect(times.summary).not.toBeNull();
    clock.set(65_001);
    expect(times.summary).toBeNull();
  });

  test('are rounded up by at most a quarter', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.5, max: 60_000, noNaN: true }), (ms) => {
        const times = new RecentTimes(() => 0);
        times.add(ms);
        const median = times.summary?.median ?? 0;
        expect(median).toBeGreaterThanOrEqual(ms - 0.05);
        expect(median).toBeLessThanOrEqual(ms * 1.25 + 0.05);
      }),
    );
  });

  test('distinguish the typical time from the slowest ones', () => {
    const times = new RecentTimes(() => 0);
    for (let n = 0; n < 95; n++) times.add(2);
    for (let n = 0; n < 5; n++) times.add(400);
    expect(times.summary?.median).toBeLessThan(3);
    expect(times.summary?.p99).toBeGreaterThanOrEqual(400);
  });

  test('accept times outside of all buckets', () => {
    const times = new RecentTimes(() => 0);
    for (const ms of [0, -5, 1e12]) times.add(ms);
    expect(times.summary).not.toBeNull();
  });
});
