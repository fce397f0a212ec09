import { describe, expect, test } from 'vitest';
import { UpgradeBudgets } from './upgrade-budgets.ts';

const taken = (budgets: UpgradeBudgets, address: string, times: number) =>
  Array.from({ length: times }, () => budgets.take(address)).filter(Boolean).length;

describe('new sockets', () => {
  test('of one address leave room for those of another', () => {
    const budgets = new UpgradeBudgets(true);
    const flooding = taken(budgets, '203.0.113.9', 5_000);
    expect(flooding).toBeGreaterThanOrEqual(300);
    expect(flooding).toBeLessThan(400);
    expect(taken(budgets, '198.51.100.7', 100)).toBe(100);
  });

  test('of many addresses are limited in all', () => {
    const budgets = new UpgradeBudgets(true);
    let all = 0;
    for (let n = 0; n < 5_000; n++) all += taken(budgets, `a${n}`, 1);
    expect(all).toBeGreaterThanOrEqual(600);
    expect(all).toBeLessThan(900);
  });

  test('are forgotten by address when there are too many', () => {
    const budgets = new UpgradeBudgets(true);
    taken(budgets, 'first', 1_000);
    expect(budgets.take('first')).toBe(false);
    for (let n = 0; n < 10_001; n++) budgets.take(`a${n}`);
    // Its address is known no more; what all have taken still counts.
    expect(taken(budgets, 'first', 1)).toBeLessThanOrEqual(1);
  });

  test('are not limited with RATE_LIMITS=off', () => {
    expect(taken(new UpgradeBudgets(false), 'a', 5_000)).toBe(5_000);
  });
});
