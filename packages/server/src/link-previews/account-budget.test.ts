import type { AccountId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { AccountBudget } from './account-budget.ts';

const [ann, ben] = ['ann', 'ben'] as AccountId[] as [AccountId, AccountId];
const TEXTS = Array.from({ length: 100 }, (_, n) => n);

test('long texts are limited per account, and short ones are not', () => {
  const budget = new AccountBudget();
  const long = 'x'.repeat(16_000);
  expect(TEXTS.filter(() => budget.takeText(ann, long))).toHaveLength(60);
  expect(budget.takeText(ann, 'https://example.org')).toBe(true);
  expect(budget.takeText(ben, long)).toBe(true);
});
