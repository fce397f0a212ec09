import { parseSearch, SEARCH_FILTERS, type SearchFilterName } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  fixedValues,
  readSearch,
  typedFilter,
  withFilter,
  withRecent,
  withTyped,
  writeSearch,
} from './search-state.ts';

const filter = (name: SearchFilterName, value: string, isNegated = false) => ({
  kind: 'filter' as const,
  name,
  value,
  isNegated,
});
const NOTHING = { filters: [], text: '' };

describe('a search', () => {
  test('a search has separate filters and words', () => {
    expect(readSearch('in:"Big plans" release -draft from:ann')).toEqual({
      filters: [filter('in', 'Big plans'), filter('from', 'ann')],
      text: 'release -draft',
    });
    expect(writeSearch(readSearch('release from:ann'))).toBe('from:ann release');
  });

  test('keeps its meaning when it is read and written', () => {
    const words = fc.constantFrom(
      'a',
      '"b c"',
      '-d',
      '"open',
      'from:ann',
      '-has:link',
      'in:"Big plans"',
      'on:',
      'HAS:x',
      '“e”',
      '--f',
      'https://a.example',
    );
    const parts = (text: string) =>
      parseSearch(text)
        .map((part) => JSON.stringify(part).toLowerCase())
        .sort();
    fc.assert(
      fc.property(fc.array(words, { maxLength: 8 }), (all) => {
        const query = all.join(' ');
        expect([...new Set(parts(writeSearch(readSearch(query))))]).toEqual([
          ...new Set(parts(query)),
        ]);
      }),
    );
  });
});

describe('a filter in the field', () => {
  test('becomes a chip once something follows it', () => {
    expect(withTyped(NOTHING, 'from:ann')).toEqual({ filters: [], text: 'from:ann' });
    expect(withTyped(NOTHING, 'from:ann ')).toEqual({ filters: [filter('from', 'ann')], text: '' });
    expect(withTyped(NOTHING, 'a -from:ann "b c')).toEqual({
      filters: [filter('from', 'ann', true)],
      text: 'a "b c',
    });
    expect(withTyped(NOTHING, 'from: ')).toEqual({ filters: [], text: 'from: ' });
    expect(withTyped(NOTHING, 'in:"Big plans')).toEqual({ filters: [], text: 'in:"Big plans' });
  });

  test('a filter is added once, after existing ones', () => {
    const filters = [filter('has', 'link')];
    expect(withTyped({ filters, text: '' }, 'HAS:Link from:a in:b ').filters).toEqual([
      filter('has', 'link'),
      filter('from', 'a'),
      filter('in', 'b'),
    ]);
    expect(withFilter(filters, filter('has', 'link', true))).toHaveLength(2);
  });

  test('a filter is being typed only at the end', () => {
    expect(typedFilter('a from:an')).toEqual({ filter: filter('from', 'an'), before: 'a ' });
    expect(typedFilter('from:')).toEqual({ filter: filter('from', ''), before: '' });
    expect(typedFilter('from:ann ')).toBe(null);
    expect(typedFilter('words')).toBe(null);
  });

  test('suggests only known values of a filter', () => {
    expect(fixedValues('has', 'l')).toEqual(['link']);
    expect(fixedValues('mentions', '')).toContain('me');
    expect(fixedValues('after', 't')).toEqual(['today']);
    expect(fixedValues('in', '')).toEqual([]);
    for (const name of Object.keys(SEARCH_FILTERS)) {
      expect(fixedValues(name as SearchFilterName, 'zzz')).toEqual([]);
    }
  });
});

test('recent searches are limited, last first, without prefixes of others', () => {
  expect(withRecent(['rel', 'plan'], 'release')).toEqual(['release', 'plan']);
  expect(withRecent(['a'], '')).toEqual(['a']);
  expect(withRecent(['b', 'a'], 'a')).toEqual(['a', 'b']);
  expect(withRecent(['1', '2', '3', '4', '5', '6', '7', '8'], '9')).toHaveLength(8);
});
