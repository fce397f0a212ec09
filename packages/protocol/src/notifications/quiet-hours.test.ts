import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isInQuietHours, minuteOfDay } from './quiet-hours.ts';

const BERLIN = { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' };
const at = (time: string) => Date.parse(time);

describe('isInQuietHours', () => {
  test('covers hours past midnight, including its start but not its end', () => {
    expect(isInQuietHours(BERLIN, at('2026-01-10T20:59:00Z'))).toBe(false);
    expect(isInQuietHours(BERLIN, at('2026-01-10T21:00:00Z'))).toBe(true);
    expect(isInQuietHours(BERLIN, at('2026-01-11T05:59:59Z'))).toBe(true);
    expect(isInQuietHours(BERLIN, at('2026-01-11T06:00:00Z'))).toBe(false);
  });

  test('ends at seven local time when the clocks change that night', () => {
    // 29 March 2026: 02:00 becomes 03:00; 25 October 2026: 03:00 becomes 02:00.
    expect(isInQuietHours(BERLIN, at('2026-03-29T04:59:00Z'))).toBe(true);
    expect(isInQuietHours(BERLIN, at('2026-03-29T05:00:00Z'))).toBe(false);
    expect(isInQuietHours(BERLIN, at('2026-10-25T05:59:00Z'))).toBe(true);
    expect(isInQuietHours(BERLIN, at('2026-10-25T06:00:00Z'))).toBe(false);
  });

  test('starts after the gap when its start does not exist that night', () => {
    const quiet = { start: '02:30', end: '04:00', timeZone: 'Europe/Berlin' };
    expect(isInQuietHours(quiet, at('2026-03-29T00:59:00Z'))).toBe(false);
    expect(isInQuietHours(quiet, at('2026-03-29T01:00:00Z'))).toBe(true);
    expect(isInQuietHours(quiet, at('2026-03-29T02:00:00Z'))).toBe(false);
  });

  test('is the same as comparing the local time as text, in any zone at any time', () => {
    const zone = fc.constantFrom(
      'Europe/Berlin',
      'America/New_York',
      'Australia/Lord_Howe',
      'Asia/Kathmandu',
      'Africa/Casablanca',
      'Pacific/Apia',
      'UTC',
    );
    const minute = fc.integer({ min: 0, max: 1439 }).map(timeText);
    const moment = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2035, 0) });
    fc.assert(
      fc.property(zone, minute, minute, moment, (timeZone, start, end, now) => {
        fc.pre(start !== end);
        const local = new Date(now).toLocaleString('sv-SE', { timeZone }).slice(11, 16);
        expect(timeText(minuteOfDay(now, timeZone) ?? Number.NaN)).toBe(local);
        const expected =
          start < end ? start <= local && local < end : start <= local || local < end;
        expect(isInQuietHours({ start, end, timeZone }, now)).toBe(expected);
      }),
    );
  });

  test('are not in effect in an unknown time zone', () => {
    const quiet = { start: '00:00', end: '23:59', timeZone: 'Europe/Atlantis' };
    expect(isInQuietHours(quiet, at('2026-06-10T04:00:00Z'))).toBe(false);
    expect(isInQuietHours(quiet, at('2026-06-10T05:00:00Z'))).toBe(false);
  });

  test('covers exactly the minutes between both times on a day without a change', () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(minute, minute, (from, to) => {
        fc.pre(from !== to);
        const quiet = { start: timeText(from), end: timeText(to), timeZone: 'America/New_York' };
        const midnight = at('2026-06-10T04:00:00Z');
        let covered = 0;
        for (let m = 0; m < 1440; m++) covered += +isInQuietHours(quiet, midnight + m * 60_000);
        expect(covered).toBe((to - from + 1440) % 1440);
      }),
      { numRuns: 20 },
    );
  });
});

const timeText = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
