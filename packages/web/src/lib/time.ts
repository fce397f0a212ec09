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
