import { afterEach, expect, test } from 'vitest';
import { testLog } from '../../test/support/database.ts';
import { SharedLimits } from './shared-limits.ts';

const some = { points: 5, seconds: 60 };
let limits: SharedLimits;
afterEach(() => limits.stop());

test('charged points count against later use, even beyond the allowance', () => {
  limits = new SharedLimits({ commands: some, requests: some, address: some }, null, testLog);
  limits.charge('requests', 'ann', 3);
  expect([1, 2, 3].map(() => limits.take('requests', 'ann') === null)).toEqual([true, true, false]);
  limits.charge('requests', 'ben', 100);
  expect(limits.take('requests', 'ben')).toBeGreaterThan(0);
  expect(limits.take('requests', 'cem')).toBeNull();
  expect(limits.take('address', 'ben')).toBeNull();
});

test('an allowance of 0 is unlimited', () => {
  const none = { points: 0, seconds: 60 };
  limits = new SharedLimits({ commands: some, requests: none, address: none }, null, testLog);
  limits.charge('requests', 'ann', 100);
  expect(limits.take('requests', 'ann')).toBeNull();
});
