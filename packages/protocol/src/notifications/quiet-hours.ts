import type { QuietHours } from './notifications.ts';

/**
 * Cache of formatters by time zone: creating one takes longer than using it. Null: the zone is
 * unknown here.
 */
const clocks = new Map<string, Intl.DateTimeFormat | null>();
const CLOCKS_MAX = 500;

/**
 * Returns the local minutes since midnight in a time zone at a time, ms since the epoch. Null: the
 * zone is unknown here. Browsers and servers may know different zones, because new ones are added
 * every few years.
 */
export function minuteOfDay(at: number, timeZone: string): number | null {
  let clock = clocks.get(timeZone);
  if (clock === undefined) {
    clock = clockOf(timeZone);
    if (clocks.size >= CLOCKS_MAX) clocks.clear();
    clocks.set(timeZone, clock);
  }
  return clock && minutes(clock.format(at));
}

function clockOf(timeZone: string): Intl.DateTimeFormat | null {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Returns whether a time, ms since the epoch, is in the quiet hours. Uses local time, so they start
 * and end at the chosen times even on days when the clocks change. If the time zone is unknown,
 * there are no quiet hours.
 */
export function isInQuietHours({ start, end, timeZone }: QuietHours, at: number): boolean {
  const now = minuteOfDay(at, timeZone);
  if (now === null) return false;
  const [from, to] = [minutes(start), minutes(end)];
  return from < to ? now >= from && now < to : now >= from || now < to;
}

function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return hours * 60 + rest;
}
