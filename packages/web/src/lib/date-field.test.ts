import { afterEach, expect, test, vi } from 'vitest';
import { dayOf, endOfDay, startOfDay, startOfNextDay } from './date-field.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

test.each([
  ['of 25 hours', '2026-10-25', '2026-10-24T22:00:00.000Z', '2026-10-25T23:00:00.000Z'],
  ['of 23 hours', '2026-03-29', '2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'],
])('a day %s begins and ends at midnight', (_, day, start, next) => {
  vi.stubEnv('TZ', 'Europe/Berlin');
  expect(startOfDay(day)).toBe(start);
  expect(startOfNextDay(day)).toBe(next);
  expect(dayOf(start)).toBe(day);
  expect(dayOf(endOfDay(day))).toBe(day);
});

test('an empty field has no time', () => {
  expect(endOfDay('')).toBeNull();
  expect(dayOf(null)).toBe('');
});
