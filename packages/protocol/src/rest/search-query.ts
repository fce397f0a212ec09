/**
 * The text of a search as words, phrases and filters. Parsing never fails: anything that is not a
 * filter is text.
 */

/** The filters that a search understands. */
export type SearchFilterName =
  | 'from'
  | 'in'
  | 'mentions'
  | 'has'
  | 'is'
  | 'before'
  | 'after'
  | 'on';

/** The definition of a filter. */
export interface SearchFilterRule {
  /** `value` is one of `values`; `date` is a day, month or year; `name` is a name that the server looks up. */
  readonly takes: 'value' | 'date' | 'name';
  readonly values: readonly string[];
  /** Whether `-name:value` excludes matches of `name:value`. */
  readonly negatable: boolean;
  /** Examples of values, for messages about invalid values. */
  readonly examples: readonly string[];
}

/** The values of the filter `has:`. */
export const SEARCH_HAS = ['link', 'reaction', 'pin', 'poll', 'file', 'image'] as const;
/** A value of the filter `has:`. */
export type SearchHas = (typeof SEARCH_HAS)[number];

/**
 * The values of the filter `is:`: `thread`, a reply in a thread; `saved`, saved by the searcher.
 */
export const SEARCH_IS = ['thread', 'saved'] as const;
/** A value of the filter `is:`. */
export type SearchIs = (typeof SEARCH_IS)[number];

const DATES = ['2026-03-01', '2026-03', '2026', 'today', 'yesterday'] as const;
const date = { takes: 'date', values: [], negatable: false, examples: DATES } as const;

/** Every filter. */
export const SEARCH_FILTERS: Readonly<Record<SearchFilterName, SearchFilterRule>> = {
  from: { takes: 'name', values: [], negatable: true, examples: ['me', 'ann', '"Ann Lee"'] },
  in: { takes: 'name', values: [], negatable: true, examples: ['general', '"Big plans"', '@ann'] },
  mentions: { takes: 'name', values: [], negatable: true, examples: ['me', 'ann', 'everyone'] },
  has: { takes: 'value', values: SEARCH_HAS, negatable: true, examples: SEARCH_HAS },
  is: { takes: 'value', values: SEARCH_IS, negatable: true, examples: SEARCH_IS },
  before: date,
  after: date,
  on: date,
};

/** A word or a phrase to find, or to exclude. */
export interface SearchText {
  readonly kind: 'text';
  readonly text: string;
  readonly isPhrase: boolean;
  readonly isNegated: boolean;
}

/** A filter with the typed value, which may be empty or invalid. */
export interface SearchFilter {
  readonly kind: 'filter';
  readonly name: SearchFilterName;
  readonly value: string;
  readonly isNegated: boolean;
}

/** A part of a search, in the order in which it was typed. */
export type SearchPart = SearchText | SearchFilter;

const QUOTES = /["“„]/;
const CLOSING = /["”]/;
const SPACE = /\s/u;

/** A part of a search with its position in the text, from `start` up to `end`. */
export interface SearchSpan {
  readonly part: SearchPart;
  readonly start: number;
  readonly end: number;
}

/** Returns the parts of the text of a search. */
export const parseSearch = (text: string): SearchPart[] =>
  searchSpans(text).map(({ part }) => part);

/** Returns the parts of the text of a search with their positions. */
export function searchSpans(text: string): SearchSpan[] {
  const spans: SearchSpan[] = [];
  let at = 0;
  while (at < text.length) {
    if (SPACE.test(text[at] as string)) {
      at++;
      continue;
    }
    const { part, end } = readPart(text, at);
    if (part) spans.push({ part, start: at, end });
    at = end;
  }
  return spans;
}

interface Read<T> {
  readonly part: T;
  readonly end: number;
}

function readPart(text: string, from: number): Read<SearchPart | null> {
  const next = text[from + 1];
  // A lone hyphen and the beginning of `--option` are text.
  const isNegated = text[from] === '-' && next !== undefined && next !== '-' && !SPACE.test(next);
  const at = isNegated ? from + 1 : from;
  if (QUOTES.test(text[at] as string)) {
    const { part, end } = readQuoted(text, at);
    const isEmpty = part.trim() === '';
    return { part: isEmpty ? null : { kind: 'text', text: part, isPhrase: true, isNegated }, end };
  }
  const name = filterAt(text, at);
  if (name !== null) {
    const value = at + name.length + 1;
    const isQuoted = QUOTES.test(text[value] ?? ' ');
    const { part, end } = isQuoted ? readQuoted(text, value) : readWord(text, value);
    return { part: { kind: 'filter', name, value: part, isNegated }, end };
  }
  const { part, end } = readWord(text, at);
  return { part: { kind: 'text', text: part, isPhrase: false, isNegated }, end };
}

/** Reads from an opening quote to the closing one, or to the end: the user may still be typing. */
function readQuoted(text: string, from: number): Read<string> {
  let end = from + 1;
  while (end < text.length && !CLOSING.test(text[end] as string)) end++;
  return { part: text.slice(from + 1, end), end: end + 1 };
}

function readWord(text: string, from: number): Read<string> {
  let end = from;
  while (end < text.length && !SPACE.test(text[end] as string)) end++;
  return { part: text.slice(from, end), end };
}

/** Returns the filter whose name and colon are at a position. */
function filterAt(text: string, at: number): SearchFilterName | null {
  const [, name] = /^([a-z]+):/i.exec(text.slice(at, at + 12)) ?? [];
  const filterName = name?.toLowerCase() ?? '';
  return Object.hasOwn(SEARCH_FILTERS, filterName) ? (filterName as SearchFilterName) : null;
}

/** Returns the text of a search that {@link parseSearch} reads as these parts. */
export function printSearch(parts: readonly SearchPart[]): string {
  return parts.map(printPart).join(' ');
}

function printPart(part: SearchPart): string {
  const sign = part.isNegated ? '-' : '';
  if (part.kind === 'text') return sign + (part.isPhrase ? `"${part.text}"` : part.text);
  const plain = part.value !== '' && !SPACE.test(part.value) && !QUOTES.test(part.value[0] ?? '');
  return `${sign}${part.name}:${plain ? part.value : `"${part.value}"`}`;
}

/** A day, month or year, or a day relative to today. */
export type SearchDate =
  | { readonly year: number; readonly month?: number; readonly day?: number }
  | 'today'
  | 'yesterday';

/** Returns the date in a filter; null if it is invalid. */
export function parseSearchDate(value: string): SearchDate | null {
  const text = value.trim().toLowerCase();
  if (text === 'today' || text === 'yesterday') return text;
  const [, year, month, day] = /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(text) ?? [];
  if (year === undefined) return null;
  const date = {
    year: Number(year),
    ...(month !== undefined && { month: Number(month) }),
    ...(day !== undefined && { day: Number(day) }),
  };
  return exists(date) ? date : null;
}

function exists({ year, month = 1, day = 1 }: Exclude<SearchDate, string>): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return year >= 1970 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
