import {
  printSearch,
  SEARCH_FILTERS,
  type SearchFilter,
  type SearchFilterName,
  searchSpans,
} from '@parley/protocol';

/** The input of a search: filters, which are shown as chips, and the words in the field. */
export interface SearchInput {
  readonly filters: readonly SearchFilter[];
  readonly text: string;
}

/** Returns the filters and the words of the text of a search. */
export function readSearch(query: string): SearchInput {
  return withEntered({ filters: [], text: '' }, query);
}

/** Returns the text of a search, as used by the server and in URLs. */
export function writeSearch({ filters, text }: SearchInput): string {
  return [printSearch(filters), text.trim()].filter((part) => part !== '').join(' ');
}

/**
 * Returns the input after the field was changed to a text: a complete filter, followed by
 * something, becomes a chip.
 */
export function withTyped(input: SearchInput, text: string): SearchInput {
  let { filters } = input;
  let rest = text;
  for (const { part, start, end } of searchSpans(text).reverse()) {
    if (part.kind !== 'filter' || part.value.trim() === '' || end >= text.length) continue;
    filters = withFilter(filters, part, input.filters.length);
    // With one of the spaces around it.
    rest = rest.slice(0, start) + rest.slice(end).replace(/^\s/u, '');
  }
  return { filters, text: rest };
}

/** Returns the input after a complete text was entered: all filters in it become chips. */
export function withEntered(input: SearchInput, entered: string): SearchInput {
  const { filters, text } = withTyped(input, `${entered} `);
  return { filters, text: text.trim() };
}

/** Returns filters with another one inserted at a position, without duplicates. */
export function withFilter(
  filters: readonly SearchFilter[],
  added: SearchFilter,
  at = filters.length,
): readonly SearchFilter[] {
  return filters.some((one) => isSame(one, added)) ? filters : filters.toSpliced(at, 0, added);
}

const isSame = (a: SearchFilter, b: SearchFilter): boolean =>
  a.name === b.name &&
  a.isNegated === b.isNegated &&
  a.value.toLowerCase() === b.value.toLowerCase();

/** A filter whose value is being typed at the end of the field. */
export interface TypedFilter {
  readonly filter: SearchFilter;
  /** The text before it. */
  readonly before: string;
}

/** Returns the filter at the end of a text that is being typed; null if it ends with something else. */
export function typedFilter(text: string): TypedFilter | null {
  const last = searchSpans(text).at(-1);
  if (last?.part.kind !== 'filter' || last.end < text.length) return null;
  return { filter: last.part, before: text.slice(0, last.start) };
}

/** Returns the values of a filter that are known without asking the server, those that begin with a text first. */
export function fixedValues(name: SearchFilterName, typed: string): readonly string[] {
  const { takes, values } = SEARCH_FILTERS[name];
  const all = takes === 'date' ? ['today', 'yesterday'] : takes === 'value' ? values : EXTRA[name];
  return (all ?? []).filter((value) => value.startsWith(typed.toLowerCase()));
}

/** Special values of filters for names. */
const EXTRA: Partial<Record<SearchFilterName, readonly string[]>> = {
  from: ['me'],
  mentions: ['me', 'everyone', 'here'],
};

/** How many recent searches are kept. */
const RECENT_MAX = 8;

/** Returns recent searches with a new one first, without prefixes of it. */
export function withRecent(recent: readonly string[], query: string): readonly string[] {
  if (query === '') return recent;
  return [query, ...recent.filter((one) => !query.startsWith(one))].slice(0, RECENT_MAX);
}
