import { expect, test } from 'vitest';
import { periodOf } from './days.ts';

const times = (...args: Parameters<typeof periodOf>) => {
  const { from, to } = periodOf(...args);
  return [from, to].map((at) => new Date(at).toISOString());
};
const NOW = Date.parse('2026-03-01T23:30:00Z');

test.each([
  [{ year: 2026, month: 3, day: 1 }, 'UTC', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
  [{ year: 2026, month: 2 }, 'UTC', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
  [{ year: 2026, month: 12 }, 'UTC', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  [{ year: 2026 }, 'Asia/Kolkata', '2025-12-31T18:30:00.000Z', '2026-12-31T18:30:00.000Z'],
  // The day on which clocks go forward has 23 hours, the one on which they go back 25.
  [
    { year: 2026, month: 3, day: 29 },
    'Europe/Berlin',
    '2026-03-28T23:00:00.000Z',
    '2026-03-29T22:00:00.000Z',
  ],
  [
    { year: 2026, month: 10, day: 25 },
    'Europe/Berlin',
    '2026-10-24T22:00:00.000Z',
    '2026-10-25T23:00:00.000Z',
  ],
  // Midnight does not exist on this day.
  [
    { year: 2018, month: 11, day: 4 },
    'America/Sao_Paulo',
    '2018-11-04T03:00:00.000Z',
    '2018-11-05T02:00:00.000Z',
  ],
  ['today', 'UTC', '2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'],
  ['today', 'Asia/Tokyo', '2026-03-01T15:00:00.000Z', '2026-03-02T15:00:00.000Z'],
  ['yesterday', 'America/Los_Angeles', '2026-02-28T08:00:00.000Z', '2026-03-01T08:00:00.000Z'],
] as const)('%j in %s is from %s to %s', (date, zone, from, to) => {
  expect(times(date, zone, NOW)).toEqual([from, to]);
});
