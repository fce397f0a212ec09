import type { MessageRetention } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AHEAD_MS } from '../stream/stream-transaction.ts';
import {
  cutoffOf,
  expiredCount,
  mayChoose,
  type RetentionSettings,
  retentionDays,
} from './policy.ts';

const days = fc.integer({ min: 1, max: 1_000 });
const settings: fc.Arbitrary<RetentionSettings> = fc.record({
  messageRetentionDays: fc.option(days, { nil: null }),
  groupRetention: fc.constantFrom('server', 'shorter', 'any'),
});
const choice: fc.Arbitrary<MessageRetention> = fc.oneof(
  fc.constantFrom<MessageRetention>('server', 'keep'),
  days,
);

describe('how long a conversation keeps messages', () => {
  test.each([
    // server, groups may, the group says: days, allowed
    [null, 'shorter', 'server', null, true],
    [null, 'shorter', 30, 30, true],
    [null, 'shorter', 'keep', null, true],
    [null, 'server', 30, null, false],
    [90, 'server', 30, 90, false],
    [90, 'server', 'keep', 90, false],
    [90, 'shorter', 'server', 90, true],
    [90, 'shorter', 30, 30, true],
    [90, 'shorter', 90, 90, true],
    [90, 'shorter', 91, 90, false],
    [90, 'shorter', 'keep', 90, false],
    [90, 'any', 'server', 90, true],
    [90, 'any', 365, 365, true],
    [90, 'any', 'keep', null, true],
  ] as const)('server %s, groups %s, group %s: %s days', (server, groups, own, kept, allowed) => {
    const set = { messageRetentionDays: server, groupRetention: groups };
    expect(retentionDays(set, own)).toBe(kept);
    expect(mayChoose(set, own)).toBe(allowed);
  });

  test('is what the group has chosen, whenever it may choose that', () => {
    fc.assert(
      fc.property(settings, choice, (set, own) => {
        if (own === 'server' || !mayChoose(set, own)) return;
        expect(retentionDays(set, own)).toBe(own === 'keep' ? null : own);
      }),
    );
  });

  test('is never longer than the server setting, unless groups may choose any period', () => {
    fc.assert(
      fc.property(settings, choice, (set, own) => {
        const { messageRetentionDays: server } = set;
        const kept = retentionDays(set, own);
        if (server === null || set.groupRetention === 'any') return;
        expect(kept).not.toBeNull();
        expect(kept).toBeLessThanOrEqual(server);
      }),
    );
  });
});

describe('which messages expire', () => {
  const NOW = Date.parse('2030-06-01T00:00:00.000Z');
  const HOUR = 3_600_000;
  /** Times of up to 200 days ago, or in the future after a wrong clock. */
  const time = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: NOW - 4_800 * HOUR, max: NOW + AHEAD_MS }) },
    { weight: 1, arbitrary: fc.integer({ min: NOW + AHEAD_MS + 1, max: NOW + 4_800 * HOUR }) },
  );
  const cutoff = fc.integer({ min: 1, max: 200 }).map((n) => cutoffOf(n, NOW));

  test('are exactly those before the cutoff if the clocks were right', () => {
    const past = fc.array(fc.integer({ min: NOW - 4_800 * HOUR, max: NOW }), { maxLength: 120 });
    fc.assert(
      fc.property(past, cutoff, (times, before) => {
        const inOrder = [...times].sort((a, b) => a - b);
        expect(expiredCount(inOrder, before, NOW)).toBe(inOrder.filter((t) => t < before).length);
      }),
    );
  });

  test('never include a kept one, and leave no expired one before it', () => {
    fc.assert(
      fc.property(fc.array(time, { maxLength: 120 }), cutoff, (times, before) => {
        const count = expiredCount(times, before, NOW);
        const isKept = (t: number) => t >= before && t <= NOW + AHEAD_MS;
        expect(times.slice(0, count).filter(isKept)).toEqual([]);
        if (count > 0) expect(times[count - 1]).toBeLessThan(before);
        // Behind the last expired one there is none before the first that is kept.
        const rest = times.slice(count);
        const kept = rest.findIndex(isKept);
        const open = kept < 0 ? rest : rest.slice(0, kept);
        expect(open.filter((t) => t < before)).toEqual([]);
      }),
    );
  });

  test('are not blocked by one whose time is in the future', () => {
    const before = cutoffOf(30, NOW);
    const old = before - HOUR;
    const future = NOW + 100 * 24 * HOUR;
    expect(expiredCount([old, future, old, NOW], before, NOW)).toBe(3);
    expect(expiredCount([future, future, NOW], before, NOW)).toBe(0);
  });
});
