/** Suggested later times, and the values of `datetime-local` fields. */

const HOUR_MS = 3_600_000;

/** Returns the time in an hour. */
export const inAnHour = (now = new Date()): Date => new Date(now.getTime() + HOUR_MS);

/** Returns 9:00 of tomorrow, local time. */
export const tomorrowMorning = (now = new Date()): Date => morningIn(now, 1);

/** Returns 9:00 of the next Monday, local time. */
export const mondayMorning = (now = new Date()): Date =>
  morningIn(now, (8 - now.getDay()) % 7 || 7);

function morningIn(now: Date, days: number): Date {
  const day = new Date(now);
  day.setDate(day.getDate() + days);
  day.setHours(9, 0, 0, 0);
  return day;
}

/** Returns the value of a `datetime-local` field for a time. */
export function toField(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** Returns the time of a `datetime-local` field; null if it is not complete. */
export function fromField(value: string): Date | null {
  const time = new Date(value);
  return value === '' || Number.isNaN(time.getTime()) ? null : time;
}
