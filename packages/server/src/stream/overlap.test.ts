import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Overlap } from './overlap.ts';

test('a transaction may start beside another after four times the duration of reads', () => {
  const overlap = new Overlap();
  expect(overlap.delayMs).toBe(4);
  for (let n = 0; n < 200; n++) overlap.observe(2.5);
  expect(overlap.delayMs).toBeCloseTo(10, 3);
});

test('one slow read changes the delay by a tenth of the difference', () => {
  const overlap = new Overlap();
  overlap.observe(11);
  // 1 ms + 0.1 × (11 ms − 1 ms), four times.
  expect(overlap.delayMs).toBeCloseTo(8, 6);
});

test('the delay is between 1 and 20 ms, and between those of the shortest and longest read', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1_000, noNaN: true })), (reads) => {
      const overlap = new Overlap();
      for (const ms of reads) overlap.observe(ms);
      const all = [1, ...reads];
      expect(overlap.delayMs).toBeGreaterThanOrEqual(1);
      expect(overlap.delayMs).toBeLessThanOrEqual(20);
      expect(overlap.delayMs).toBeLessThanOrEqual(Math.max(1, 4 * Math.max(...all) + 1e-6));
      expect(overlap.delayMs).toBeGreaterThanOrEqual(Math.min(20, 4 * Math.min(...all) - 1e-6));
    }),
  );
});
