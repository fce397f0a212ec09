import { toField } from './later.ts';

/** Times of a local day as the value of a date field, such as `2026-11-27`. All are RFC 3339. */

/** Returns the day of a time; empty for null. */
export const dayOf = (time: string | null): string =>
  time === null ? '' : toField(new Date(time)).slice(0, 10);

/** Returns when a day begins. */
export const startOfDay = (day: string): string => new Date(`${day}T00:00`).toISOString();

/** Returns when the day after a day begins: 23 to 25 hours later. */
export function startOfNextDay(day: string): string {
  const next = new Date(`${day}T00:00`);
  next.setDate(next.getDate() + 1);
  return next.toISOString();
}

/** Returns the last second of a day; null if the field is empty. */
export const endOfDay = (day: string): string | null =>
  day === '' ? null : new Date(`${day}T23:59:59`).toISOString();
