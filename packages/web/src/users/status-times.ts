/** In minutes; null: until the end of the day or the week. */
const MINUTES = { halfHour: 30, hour: 60, fourHours: 240, today: null, week: null } as const;
/** How long a status lasts. */
export type Duration = keyof typeof MINUTES;
/** The choices of how long a status lasts, in the order in which they are shown. */
export const DURATIONS = Object.keys(MINUTES) as Duration[];

/** Returns when a duration that starts now ends, RFC 3339. */
export function endOf(duration: Duration, now = new Date()): string {
  const minutes = MINUTES[duration];
  if (minutes !== null) return new Date(now.getTime() + minutes * 60_000).toISOString();
  // The week ends with Sunday.
  const days = duration === 'today' ? 1 : 8 - (now.getDay() || 7);
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).toISOString();
}
