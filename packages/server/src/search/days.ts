import type { SearchDate } from '@parley/protocol';

/** When days begin and end in a time zone. */

/** A period: from `from` on and before `to`, ms. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;

/** Returns the period of a day, month or year in a time zone. `now` decides what today is, ms. */
export function periodOf(date: SearchDate, timeZone: string, now: number): Period {
  if (typeof date === 'string') {
    const local = new Date(now + offsetAt(now, timeZone));
    const day = local.getUTCDate() - (date === 'yesterday' ? 1 : 0);
    return localPeriod([local.getUTCFullYear(), local.getUTCMonth(), day], [0, 0, 1], timeZone);
  }
  const { year, month, day } = date;
  const step: Parts = [
    month === undefined ? 1 : 0,
    month !== undefined && day === undefined ? 1 : 0,
    day === undefined ? 0 : 1,
  ];
  return localPeriod([year, (month ?? 1) - 1, day ?? 1], step, timeZone);
}

type Parts = readonly [year: number, month: number, day: number];

function localPeriod(first: Parts, step: Parts, timeZone: string): Period {
  const [year, month, day] = first;
  return {
    from: instantOf(Date.UTC(year, month, day), timeZone),
    to: instantOf(Date.UTC(year + step[0], month + step[1], day + step[2]), timeZone),
  };
}

/** Returns the first instant at which clocks in the time zone show a local time, or a later one. */
function instantOf(local: number, timeZone: string): number {
  // The offset may change on that day: try those of the days around it.
  const candidates = [-DAY_MS, DAY_MS].map((around) => local - offsetAt(local + around, timeZone));
  const exact = candidates.filter((at) => at + offsetAt(at, timeZone) === local);
  return exact.length > 0 ? Math.min(...exact) : Math.max(...candidates);
}

const formats = new Map<string, Intl.DateTimeFormat>();
const FORMATS_MAX = 100;

/** Returns what local time is ahead of UTC at an instant, ms. */
function offsetAt(at: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formats.size >= FORMATS_MAX) formats.clear();
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type));
  const local = Date.UTC(
    number('year'),
    number('month') - 1,
    number('day'),
    number('hour'),
    number('minute'),
    number('second'),
  );
  return local - Math.floor(at / 1000) * 1000;
}
