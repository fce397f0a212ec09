import {
  parseSearchDate,
  SEARCH_FILTERS,
  type SearchFilterName,
  type SearchProblem,
} from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Returns what is wrong with a filter, in the language of the user; the text of the server is in English. */
export function problemText({
  filter,
  value,
  message,
}: Pick<SearchProblem, 'filter' | 'value' | 'message'>): string {
  // A filter of a newer server.
  if (!Object.hasOwn(SEARCH_FILTERS, filter)) return message;
  const { takes } = SEARCH_FILTERS[filter as SearchFilterName];
  const text = value.trim();
  if (text === '') return t('searchProblem.empty', { filter });
  if (takes === 'value') return t('searchProblem.value', { filter, value: text });
  if (takes === 'name') {
    return filter === 'in'
      ? t('searchProblem.conversation', { value: text })
      : t('searchProblem.user', { value: text });
  }
  return parseSearchDate(text) === null
    ? t('searchProblem.date', { value: text })
    : t('searchProblem.notExcluded', { filter });
}
