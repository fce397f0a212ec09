import { expect, test } from 'vitest';
import { hourAndMinute, timeOfDay } from './time.ts';

test('a time without space for it has only its hour and minute', () => {
  const at = '2026-11-28T19:05:00.000Z';
  expect(hourAndMinute(at)).toMatch(/^\d{1,2}\D05$/);
  expect(timeOfDay(at).startsWith(hourAndMinute(at))).toBe(true);
});
