import type { QuietHours } from './notifications.ts';

/** Clocks of time zones, remembered: building one takes longer than reading it. */
const clocks = new Map<string, Intl.DateTimeFormat>();
const CLOCKS_MAX = 500;

/** Returns the minutes since midnight that a clock on the wall shows in a time zone at a time, ms since the epoch. */
export function minuteOfDay(at: number, timeZone: string): number {
  let clock = clocks.get(timeZone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    if (clocks.size >= CLOCKS_MAX) clocks.clear();
    clocks.set(timeZone, clock);
  }
  return minutes(clock.format(at));
}

/**
 * Returns whether a time, ms since the epoch, is in the quiet hours. The wall clock decides, so they start and end
 * at the chosen times on the days too when the clocks change.
 */
export function isInQuietHours({ start, end, timeZone }: QuietHours, at: number): boolean {
  const now = minuteOfDay(at, timeZone);
  const [from, to] = [minutes(start), minutes(end)];
  return from < to ? now >= from && now < to : now >= from || now < to;
}

function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return hours * 60 + rest;
}
