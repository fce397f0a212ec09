/** The choices of when a status ends; minutes from now, or the end of a day or week. */
export const DURATIONS = ['30', '60', '240', 'today', 'week'] as const;
export type Duration = (typeof DURATIONS)[number];

/** Returns when a duration that starts now ends, RFC 3339. */
export function endOf(duration: Duration, now = new Date()): string {
  if (duration !== 'today' && duration !== 'week') {
    return new Date(now.getTime() + Number(duration) * 60_000).toISOString();
  }
  // The week ends with Sunday.
  const days = duration === 'today' ? 1 : 8 - (now.getDay() || 7);
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days).toISOString();
}
