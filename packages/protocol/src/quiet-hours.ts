import type { QuietHours } from './notifications.ts';

/** Clocks of time zones, remembered: building one takes longer than reading it. Null: the zone is not known here. */
const clocks = new Map<string, Intl.DateTimeFormat | null>();
const CLOCKS_MAX = 500;

/**
 * Returns the minutes since midnight that a clock on the wall shows in a time zone at a time, ms since the epoch. Null:
 * the zone is not known here. Browsers and servers know different zones: new ones are named every few years.
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
 * Returns whether a time, ms since the epoch, is in the quiet hours. The wall clock decides, so they start and end
 * at the chosen times on the days too when the clocks change. Where the time zone is not known, no hours are quiet.
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
