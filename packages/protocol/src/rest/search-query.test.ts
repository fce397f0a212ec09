import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  parseSearch,
  parseSearchDate,
  printSearch,
  SEARCH_FILTERS,
  type SearchFilterName,
  type SearchPart,
} from './search-query.ts';

const word = (text: string, isNegated = false): SearchPart => ({
  kind: 'text',
  text,
  isPhrase: false,
  isNegated,
});
const phrase = (text: string, isNegated = false): SearchPart => ({
  kind: 'text',
  text,
  isPhrase: true,
  isNegated,
});
const filter = (name: SearchFilterName, value: string, isNegated = false): SearchPart => ({
  kind: 'filter',
  name,
  value,
  isNegated,
});

describe('parseSearch', () => {
  test.each<[string, SearchPart[]]>([
    ['', []],
    [' \t\n', []],
    ['two words', [word('two'), word('words')]],
    ['"a phrase" and', [phrase('a phrase'), word('and')]],
    ['“curly ones”', [phrase('curly ones')]],
    ['"not closed', [phrase('not closed')]],
    ['""', []],
    ['-not', [word('not', true)]],
    ['-"not this"', [phrase('not this', true)]],
    ['- --option -', [word('-'), word('--option'), word('-')]],
    ['from:ann FROM:"Ann Lee"', [filter('from', 'ann'), filter('from', 'Ann Lee')]],
    ['-in:general', [filter('in', 'general', true)]],
    ['has:', [filter('has', '')]],
    [
      'std::vector http://x.org a:b 12:30',
      ['std::vector', 'http://x.org', 'a:b', '12:30'].map((t) => word(t)),
    ],
    ['foo_bar 0xFF $_ %_\\ 5"', ['foo_bar', '0xFF', '$_', '%_\\', '5"'].map((t) => word(t))],
    ['on:2026-03-01x', [filter('on', '2026-03-01x')]],
    ['constructor:x __proto__:y', [word('constructor:x'), word('__proto__:y')]],
  ])('reads %j', (text, parts) => {
    expect(parseSearch(text)).toEqual(parts);
  });

  test('parses any text, and its own output in the same way', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const parts = parseSearch(text);
        expect(parseSearch(printSearch(parts))).toEqual(parts);
      }),
    );
    const piece = fc.constantFrom(
      'from:',
      'in:',
      'has:',
      'on:',
      '"',
      '“',
      '”',
      '-',
      ' ',
      'a',
      ':',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const parts = parseSearch(pieces.join(''));
        expect(parseSearch(printSearch(parts))).toEqual(parts);
      }),
      { numRuns: 2_000 },
    );
  });

  test('parses its own output', () => {
    const plain = fc.stringMatching(/^[a-z_$%\\.:äß京]{1,8}$/);
    const names = Object.keys(SEARCH_FILTERS) as SearchFilterName[];
    const quoted = fc.stringMatching(/^[a-z][a-z :'-]{0,10}$/);
    const part = fc.oneof(
      fc.tuple(plain, fc.boolean()).map(([text, not]) => word(text, not)),
      fc.tuple(quoted, fc.boolean()).map(([text, not]) => phrase(text, not)),
      fc
        .tuple(fc.constantFrom(...names), fc.oneof(plain, quoted), fc.boolean())
        .map(([name, value, not]) => filter(name, value, not)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        // A word such as `in:x` would be a filter.
        const words = parts.filter(
          (p) =>
            !(
              p.kind === 'text' &&
              !p.isPhrase &&
              /^(from|in|mentions|has|is|before|after|on):/.test(p.text)
            ),
        );
        expect(parseSearch(printSearch(words))).toEqual(words);
      }),
    );
  });
});

test.each([
  ['2026-03-01', { year: 2026, month: 3, day: 1 }],
  ['2026-3-1', { year: 2026, month: 3, day: 1 }],
  ['2026-03', { year: 2026, month: 3 }],
  ['2026', { year: 2026 }],
  ['Today', 'today'],
  ['2024-02-29', { year: 2024, month: 2, day: 29 }],
  ['2025-02-29', null],
  ['2026-13', null],
  ['2026-00-01', null],
  ['1969', null],
  ['', null],
  ['20', null],
  ['tomorrow', null],
])('the date %j is read as %j', (text, date) => {
  expect(parseSearchDate(text)).toEqual(date);
});
