import { expect, test } from 'vitest';
import { endOf } from './status-times.ts';

test.each([
  ['halfHour', new Date(2026, 2, 1, 12, 0), new Date(2026, 2, 1, 12, 30)],
  ['fourHours', new Date(2026, 2, 1, 22, 0), new Date(2026, 2, 2, 2, 0)],
  ['today', new Date(2026, 1, 28, 9, 0), new Date(2026, 2, 1, 0, 0)],
  // A Wednesday, a Sunday and a Monday.
  ['week', new Date(2026, 2, 4, 9, 0), new Date(2026, 2, 9, 0, 0)],
  ['week', new Date(2026, 2, 8, 23, 0), new Date(2026, 2, 9, 0, 0)],
  ['week', new Date(2026, 2, 9, 0, 0), new Date(2026, 2, 16, 0, 0)],
] as const)('%s from %s ends at %s', (duration, now, end) => {
  expect(endOf(duration, now)).toBe(end.toISOString());
});
