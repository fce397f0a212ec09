import { ApiError } from '@parley/client';
import { fieldText, locale, perLocale, refusalText, t } from '../texts/index.ts';
import { once } from './once.ts';

/** Returns what formats lists according to the language. */
export const listFormat = perLocale(() => new Intl.ListFormat(locale, { type: 'conjunction' }));

/** Compares names: “Team 9” comes before “Team 10”. A collator is far faster than localeCompare. */
export const compareNames = (a: string, b: string): number => collator().compare(a, b);

const collator = once(() => new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }));

/** Returns the text that the user sees for an error. */
export function errorMessage(error: unknown): string {
  if (error instanceof ApiError && error.code === 'network') {
    return t('errors.network');
  }
  if (!(error instanceof Error)) return t('errors.unknown');
  if (error instanceof ApiError && error.retryAfter !== undefined && error.retryAfter > 1) {
    return t('errors.retryIn', { message: refusalText(error), time: duration(error.retryAfter) });
  }
  if (!(error instanceof ApiError)) return error.message;
  // That a request is invalid does not say why.
  const [wrong] = error.code === 'invalid' ? error.errors : [];
  return wrong ? fieldText(wrong) : refusalText(error);
}

/** Formats a duration: “40 seconds”, “3 minutes”, “2 hours”. */
export function duration(seconds: number): string {
  if (seconds < 90) return inUnits(Math.ceil(seconds), 'second');
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? inUnits(minutes, 'minute') : inUnits(Math.ceil(minutes / 60), 'hour');
}

/** Formats a number of units: “1 day”, “30 days”. */
export const inUnits = (
  value: number,
  unit: 'second' | 'minute' | 'hour' | 'day' | 'year',
): string => value.toLocaleString(locale, { style: 'unit', unit, unitDisplay: 'long' });

/** Joins names: “Ann”, “Ann and Ben”, “Ann, Ben, and 3 others”. */
export function nameList(names: readonly string[]): string {
  if (names.length <= 2) return listOf(names);
  const others = t('common.others', { count: names.length - 2 });
  return listOf([...names.slice(0, 2), others]);
}

/** Joins items according to the language: “a, b, and c”. */
export const listOf = (items: readonly string[]): string => listFormat().format(items);

/** Returns the text of an unread badge. */
export const unreadText = (unread: number): string => (unread > 99 ? '99+' : String(unread));
