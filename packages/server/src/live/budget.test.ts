import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget } from './budget.ts';

describe('a budget', () => {
  test('a budget allows exactly its size plus the refills', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 200 }),
        (size, windowMs, pauses) => {
          let now = 0;
          const budget = new Budget(size, windowMs, () => now);
          // A model in integers: a token is worth windowMs.
          let left = size * windowMs;
          for (const pause of pauses) {
            now += pause;
            left = Math.min(size * windowMs, left + pause * size);
            const isExact = Math.abs(left - windowMs) > 1e-6 * size * windowMs;
            const taken = budget.take();
            if (isExact) expect(taken).toBe(left >= windowMs);
            if (taken) left -= windowMs;
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a budget of size 1 limits', () => {
    const one = new Budget(1, 1_000, () => 0);
    expect([one.take(), one.take()]).toEqual([true, false]);
    one.charge(1);
    expect(one).toMatchObject({ deficit: 1, full: false, size: 1 });
    expect(one.msUntil(1)).toBe(2_000);
    const none = new Budget(0, 1_000, () => 0);
    expect([none.take(), none.take(), none.take()]).toEqual([true, true, true]);
  });

  test('a budget does not accumulate more than its size', () => {
    let now = 0;
    const budget = new Budget(3, 3_000, () => now);
    now = 1_000_000;
    expect([1, 2, 3, 4].map(() => budget.take())).toEqual([true, true, true, false]);
    expect(budget.retryAfter).toBe(1);
    now += 999;
    expect(budget.take()).toBe(false);
    expect(budget.retryAfter).toBe(0.1);
    now += 1;
    expect(budget.take()).toBe(true);
  });

  test('charges overdraw a budget by up to twice its size', () => {
    let now = 0;
    const budget = new Budget(10, 1_000, () => now);
    budget.charge(15);
    expect(budget).toMatchObject({ deficit: 5, full: false });
    expect(budget.msUntil(1)).toBeCloseTo(600);
    budget.charge(1_000);
    expect(budget.deficit).toBe(20);
    now = 2_000;
    expect(budget.deficit).toBe(0);
    expect(budget.take()).toBe(false);
    now = 3_000;
    expect(budget.full).toBe(true);
    // More than it can hold counts as full.
    expect(budget.msUntil(100)).toBe(0);
  });

  test('a budget of size 0 never limits', () => {
    const budget = new Budget(0, 1_000);
    budget.charge(1_000);
    expect(budget.take()).toBe(true);
    expect(budget).toMatchObject({ deficit: 0, full: true });
    expect(budget.msUntil(1)).toBe(0);
  });
});
