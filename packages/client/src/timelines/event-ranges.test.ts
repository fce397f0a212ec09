import { type Seq, TIMELINE_EVENTS_SPAN } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { rangeOf, rangesBetween, startOfRange } from './event-ranges.ts';

const seqs = (...of: number[]) => of as Seq[];
const SPAN = TIMELINE_EVENTS_SPAN;

describe('the ranges of timeline events', () => {
  test('cover all seqs once', () => {
    expect(seqs(1, SPAN, SPAN + 1, 2 * SPAN).map(rangeOf)).toEqual([0, 0, 1, 1]);
    expect(startOfRange(0)).toBe(0);
    expect(rangeOf((startOfRange(7) + 1) as Seq)).toBe(7);
  });

  test('are those of the messages and between them', () => {
    expect(rangesBetween([])).toEqual([]);
    expect(rangesBetween(seqs(1, 20, 30))).toEqual([0]);
    expect(rangesBetween(seqs(2 * SPAN, 3 * SPAN, 5 * SPAN + 1))).toEqual([1, 2, 3, 4, 5]);
  });

  test('are only the latest of a long time without messages', () => {
    const ranges = rangesBetween(seqs(1, 1_000 * SPAN + 1, 1_000 * SPAN + 2));
    expect(ranges).toHaveLength(11);
    expect([ranges[0], ranges[1], ranges.at(-1)]).toEqual([0, 991, 1_000]);
  });
});
