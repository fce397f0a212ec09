import { expect, test } from 'vitest';
import { fromField, inAnHour, mondayMorning, toField, tomorrowMorning } from './later.ts';

test.each([
  ['Monday', 2, 9],
  ['Wednesday', 4, 9],
  ['Saturday', 7, 9],
  ['Sunday', 8, 9],
])('on a %s, the next Monday is the one after it', (_, day, monday) => {
  const found = mondayMorning(new Date(2026, 2, day, 15, 30));
  expect([found.getDate(), found.getDay(), found.getHours()]).toEqual([monday, 1, 9]);
});

test('tomorrow is the next day at 9:00, also at the end of a month', () => {
  const found = tomorrowMorning(new Date(2026, 1, 28, 23, 59));
  expect([found.getMonth(), found.getDate(), found.getHours()]).toEqual([2, 1, 9]);
});

test('a field has local time, to the minute', () => {
  const time = new Date(2026, 10, 27, 8, 5);
  expect(toField(time)).toBe('2026-11-27T08:05');
  expect(fromField('2026-11-27T08:05')).toEqual(time);
  expect(inAnHour(time).getHours()).toBe(9);
});

test.each(['', '2026-11'.padEnd(9, '-')])('%o is no time', (value) => {
  expect(fromField(value)).toBeNull();
});
