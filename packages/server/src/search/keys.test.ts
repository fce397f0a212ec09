import { fold } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addTextKeys, isWordStart, keysOfTerm, propertyKey, termOf } from './keys.ts';
import { indexOfTerm } from './match.ts';

const keysOf = (text: string) => {
  const keys = new Set<number>();
  addTextKeys(keys, fold(text));
  return keys;
};

/** Whether a term is found in a text by its keys and by its text. */
function finds(text: string, query: string): boolean {
  const term = termOf(query);
  if (!term) throw new Error('nothing to search');
  const keys = keysOf(text);
  const isCandidate = [...keysOfTerm(term)].every((key) => keys.has(key));
  const isThere = indexOfTerm(fold(text), term) !== -1;
  if (isThere) expect(isCandidate).toBe(true);
  return isThere;
}

describe('a text is found by', () => {
  test.each([
    ['incomparable', 'comp'],
    ['Résumé of the day', 'resume'],
    ['résumé', 'RÉS'],
    ['go to the office', 'to'],
    ['a big deal', 'b'],
    ['call foo_bar() now', 'foo_bar'],
    ['call foo_bar() now', 'o_b'],
    ['mask 0xFF00', '0xff'],
    ['perl -e "$_ = 1"', '$_'],
    ['std::vector<int>', 'std::vector'],
    ['std::vector<int>', '::'],
    ['100% sure', '%'],
    ['C:\\temp\\x', '\\temp\\'],
    ['see https://example.org/a?b=c#d', 'example.org/a?b'],
    ['我喜欢北京烤鸭', '北京'],
    ['我喜欢北京烤鸭', '鸭'],
    ['今日は良い天気ですね', '天気'],
    ['안녕하세요 여러분', '녕하'],
    ['สวัสดีครับ', 'ดี'],
    ['version 3.14 β', '3.14'],
    ['nice 👍🏽 work', '👍'],
    ['two  words\nhere', 'two words here'],
    ['end of line', 'of li'],
    ['C# and F#', 'c#'],
    ['die Straße', 'strasse'],
    ['aardvark', 'aard'],
    ['zzz top', 'zz'],
  ])('%j: %j', (text, query) => {
    expect(finds(text, query)).toBe(true);
  });

  test.each([
    ['into the woods', 'to'],
    ['abc', 'c'],
    ['foo-bar', 'foo_bar'],
    ['foobar', 'foo%bar'],
    ['snake case', 'snake_case'],
    ['two other words', 'two words'],
  ])('%j not: %j', (text, query) => {
    expect(finds(text, query)).toBe(false);
  });
});

const character = fc.oneof(
  fc.constantFrom(...'abz09 _-$%:.\\"北京ดี가カßéİ👍'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const text = fc.string({ unit: character, maxLength: 60 });

test('the keys of a text include those of all its substrings', () => {
  fc.assert(
    fc.property(text, fc.nat(60), fc.integer({ min: 1, max: 12 }), (body, from, length) => {
      const folded = fold(body);
      const term = termOf([...folded].slice(from, from + length).join(''));
      if (!term) return;
      if (indexOfTerm(folded, term) !== -1) {
        const keys = keysOf(body);
        for (const key of keysOfTerm(term)) expect(keys.has(key)).toBe(true);
      }
      expect(keysOfTerm(term).size).toBeGreaterThan(0);
    }),
    { numRuns: 2_000 },
  );
});

test('words start after spaces, symbols and characters of scripts without spaces', () => {
  expect([0, 1, 3, 5, 7].map((at) => isWordStart('ab c-d京e', at))).toEqual([
    true,
    false,
    true,
    true,
    true,
  ]);
});

test('the hashes stay as they are stored', () => {
  expect([...keysOf('ab-京 abc')].sort((a, b) => a - b)).toMatchInlineSnapshot(`
    [
      -2031140370,
      -1509273075,
      -1332394239,
      -429500229,
      -43072074,
      1157623924,
      1222818873,
    ]
  `);
  expect(propertyKey('author', 'x')).toMatchInlineSnapshot(`-2118040208`);
});
