import { locale, perLocale, t } from '../texts/index.ts';

// Made when they are first used: at the start of the page they took 12 ms on a processor that is slowed four times.
const format = (options: Intl.DateTimeFormatOptions) =>
  perLocale(() => new Intl.DateTimeFormat(locale, options));
const clock = format({ timeStyle: 'short' });
const weekday = format({ weekday: 'long', day: 'numeric', month: 'long' });
const withYear = format({ day: 'numeric', month: 'long', year: 'numeric' });
const full = format({ dateStyle: 'full', timeStyle: 'medium' });
const dateOnly = format({ dateStyle: 'medium' });
const relative = perLocale(() => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }));

/** Formats hours and minutes. */
export const timeOfDay = (at: string): string => clock().format(new Date(at));
/** Formats hours and minutes without “AM” or “PM”, where there is only space for the digits. */
export const hourAndMinute = (at: string): string =>
  clock()
    .formatToParts(new Date(at))
    .filter(({ type }) => type === 'hour' || type === 'literal' || type === 'minute')
    .map(({ value }) => value)
    .join('')
    .trim();
/** Formats the current time in a time zone, with the day of the week. */
export const localTime = (timeZone: string): string =>
  new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    hour: 'numeric',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone,
  }).format(new Date());
/** Formats date and time in full, for tooltips. */
export const fullTime = (at: string): string => full().format(new Date(at));
const days = new Map<string, string>();

/** Formats the date. */
export const dateOf = (at: string): string => dateOnly().format(new Date(at));

/** Formats a time as “5 minutes ago” or “yesterday”; as its date after a month. */
export function ago(at: string, now = Date.now()): string {
  const minutes = Math.round((Date.parse(at) - now) / 60_000);
  if (minutes > -1 && minutes < 1) return t('time.justNow');
  if (Math.abs(minutes) < 60) return relative().format(minutes, 'minute');
  const hours = Math.round(minutes / 60);
  if (Math.abs(hours) < 24) return relative().format(hours, 'hour');
  const day = Math.round(hours / 24);
  return Math.abs(day) < 31 ? relative().format(day, 'day') : dateOf(at);
}

/** Returns a key that all times of one local day share. */
export function dayKey(at: string): string {
  // Ten minutes never span two days in any time zone; long lists call this for every message.
  const tenMinutes = at.slice(0, 15);
  let key = days.get(tenMinutes);
  if (key === undefined) {
    key = new Date(at).toDateString();
    days.set(tenMinutes, key);
  }
  return key;
}

/** Formats a day: “Today”, “Yesterday”, or the date. */
export function dayName(at: string, now = new Date()): string {
  const day = new Date(at);
  const days = Math.round((startOf(now) - startOf(day)) / 86_400_000);
  if (days === 0) return t('time.today');
  if (days === 1) return t('time.yesterday');
  return day.getFullYear() === now.getFullYear() ? weekday().format(day) : withYear().format(day);
}

function startOf(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** Formats day and time, such as “Today, 10:24”. */
export const dayAndTime = (at: string): string => `${dayName(at)}, ${timeOfDay(at)}`;
