const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const withYear = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
});
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** Hours and minutes. */
export const timeOfDay = (at: string): string => clock.format(new Date(at));
/** Everything, for tooltips. */
export const fullTime = (at: string): string => full.format(new Date(at));
const days = new Map<string, string>();

const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
/** The date alone. */
export const dateOf = (at: string): string => dateOnly.format(new Date(at));

/** “5 minutes ago”, “yesterday”; the date when it is longer ago than a month. */
export function ago(at: string, now = Date.now()): string {
  const minutes = Math.round((Date.parse(at) - now) / 60_000);
  if (minutes > -1 && minutes < 1) return 'just now';
  if (Math.abs(minutes) < 60) return relative.format(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  if (Math.abs(hours) < 24) return relative.format(hours, 'hour');
  const day = Math.round(hours / 24);
  return Math.abs(day) < 31 ? relative.format(day, 'day') : dateOf(at);
}

/** Names a day, the same for all moments of it. */
export function dayKey(at: string): string {
  // Ten minutes are of one day in every time zone; long lists ask this for each message.
  const tenMinutes = at.slice(0, 15);
  let key = days.get(tenMinutes);
  if (key === undefined) {
    key = new Date(at).toDateString();
    days.set(tenMinutes, key);
  }
  return key;
}

/** “Today”, “Yesterday”, or the date. */
export function dayName(at: string, now = new Date()): string {
  const day = new Date(at);
  const days = Math.round((startOf(now) - startOf(day)) / 86_400_000);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return day.getFullYear() === now.getFullYear() ? weekday.format(day) : withYear.format(day);
}

/** For lists: the time today, else the date. */
export function listTime(at: string, now = new Date()): string {
  const day = new Date(at);
  return startOf(day) === startOf(now) ? clock.format(day) : short.format(day);
}

function startOf(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
