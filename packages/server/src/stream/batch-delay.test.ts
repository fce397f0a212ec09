import { describe, expect, test } from 'vitest';
import { BatchDelay } from './batch-delay.ts';

describe('BatchDelay', () => {
  test('does not wait if nothing else was in progress', () => {
    const delay = new BatchDelay(256);
    expect(delay.isComplete(1)).toBe(true);
    delay.observe(2, 1, 0);
    expect(delay.isComplete(1)).toBe(true);
  });

  test('waits for as many commands as were in progress when the last transaction ended', () => {
    const delay = new BatchDelay(256);
    delay.observe(2, 2, 2);
    expect([1, 3, 4, 5].map((waiting) => delay.isComplete(waiting))).toEqual([
      false,
      false,
      true,
      true,
    ]);
    delay.observe(2, 1, 0);
    expect(delay.isComplete(1)).toBe(true);
  });

  test('waits for a fraction of a transaction’s time, up to a limit', () => {
    const delay = new BatchDelay(256);
    expect(delay.waitMs).toBe(0);
    for (let n = 0; n < 100; n++) delay.observe(2, 1, 0);
    expect(delay.waitMs).toBeGreaterThan(0.1);
    expect(delay.waitMs).toBeLessThan(0.5);
    for (let n = 0; n < 100; n++) delay.observe(10_000, 1, 0);
    expect(delay.waitMs).toBe(1);
  });

  test('does not wait for more commands than a batch may have', () => {
    const delay = new BatchDelay(256);
    delay.observe(2, 256, 5_000);
    expect(delay.isComplete(255)).toBe(false);
    expect(delay.isComplete(256)).toBe(true);
  });
});
