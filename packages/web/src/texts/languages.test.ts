import { expect, test } from 'vitest';
import { firstAvailable } from './languages.ts';

test.each([
  [['en-GB', 'fr'], 'en'],
  [['xx', 'EN-us'], 'en'],
  [['fr', 'de-AT', 'en'], 'de'],
  [['toString'], 'en'],
  [[], 'en'],
])('of the preferred languages %j, %s is shown', (preferred, shown) => {
  expect(firstAvailable(preferred)).toBe(shown);
});
