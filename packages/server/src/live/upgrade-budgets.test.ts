import { afterEach, describe, expect, test, vi } from 'vitest';
import { UpgradeBudgets } from './upgrade-budgets.ts';

const admitted = (budgets: UpgradeBudgets, address: string, times: number) =>
  Array.from({ length: times }, () => budgets.take(address)).filter(Boolean).length;

describe('upgrades', () => {
  afterEach(() => vi.useRealTimers());

  test('upgrades from one address leave some for another', () => {
    const budgets = new UpgradeBudgets(true);
    const flooding = admitted(budgets, '203.0.113.9', 5_000);
    expect(flooding).toBeGreaterThanOrEqual(300);
    expect(flooding).toBeLessThan(400);
    expect(admitted(budgets, '198.51.100.7', 100)).toBe(100);
  });

  test('upgrades from many addresses are limited in total', () => {
    const budgets = new UpgradeBudgets(true);
    let all = 0;
    for (let n = 0; n < 5_000; n++) all += admitted(budgets, `a${n}`, 1);
    expect(all).toBeGreaterThanOrEqual(600);
    expect(all).toBeLessThan(900);
  });

  test.each([
    [9_999, false],
    [10_000, true],
  ])(
    'the upgrades of an address are forgotten after those of 10,000 others: %d',
    (others, isForgotten) => {
      vi.useFakeTimers({ toFake: ['performance'] });
      const budgets = new UpgradeBudgets(true);
      admitted(budgets, 'first', 1_000);
      for (let n = 0; n < others; n++) budgets.take(`a${n}`);
      // The common budget allows another upgrade after 4 ms, that of one address after 7 ms.
      vi.advanceTimersByTime(5);
      expect(budgets.take('first')).toBe(isForgotten);
    },
  );

  test('upgrades are not limited with RATE_LIMITS=off', () => {
    expect(admitted(new UpgradeBudgets(false), 'a', 5_000)).toBe(5_000);
  });
});
