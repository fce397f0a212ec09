import { type FilteredWord, fold } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WordMatcher } from './matcher.ts';

const entry = (text: string, action: FilteredWord['action'] = 'reject') => ({ text, action });
const matches = (text: string, ...words: string[]) =>
  new WordMatcher(words.map((word) => entry(word))).match(text) !== null;

describe('the word filter', () => {
  test.each([
    ['spam', 'Buy SPAM now', true],
    ['spam', 'spam', true],
    ['spam', '(spam)', true],
    ['spam', 'spams', false],
    ['spam', 'antispam', false],
    ['spam*', 'spammer', true],
    ['spam*', 'antispam', false],
    ['*spam', 'antispam', true],
    ['*spam', 'spams', false],
    ['*spam*', 'antispammer', true],
    ['café', 'the CAFE is open', true],
    ['straße', 'STRASSE', true],
    ['ﬁnd', 'find', true],
    ['spam', 's\u200bp\u00ada\u2060m', true],
    ['spam', 'ｓｐａｍ', true],
    ['buy now', 'Buy,\n now!', true],
    ['buy now', 'buy it now', false],
    ['buy no*', 'buy nothing', true],
    ['don’t', "I don't", true],
    ['вино', 'ВИНО', true],
    ['*赌博*', '在线赌博网站', true],
    ['a_b', 'a b', true],
    ['1-800', 'call 1 800', true],
    // Markdown that is not displayed.
    ['spam', 'sp**am**', true],
    ['spam', 's*p*`a`~~m~~', true],
    ['spam', '[sp](https://a.example)am', true],
    ['spam', '**sp**\\am', true],
    ['buy now', 'buy **now**', true],
    ['buy now', '*buy*now', true],
    ['buynow', 'buy_now', false],
    // Marks and letters of other scripts.
    ['spam', 's\u0e31p\u0489am', true],
    ['ไม่', 'ไม', false],
    ['spam', 'sp\u0430m', true],
    ['spam', 'SP\u0410\u041c', true],
    ['omega', '\u03bfmega', true],
    ['cop', '\u0441\u043e\u0440', false],
    ['йод', 'йод', true],
  ])('finds %j in %j: %s', (word, text, found) => {
    expect(matches(text, word)).toBe(found);
  });

  test('returns the word that rejects, wherever it is', () => {
    const matcher = new WordMatcher([entry('one', 'flag'), entry('two'), entry('*o*', 'flag')]);
    expect(matcher.match('one and two')?.text).toBe('two');
    expect(matcher.match('two and one')?.text).toBe('two');
    expect(matcher.match('just one')).toMatchObject({ action: 'flag' });
    expect(matcher.match('nil')).toBeNull();
  });

  test('finds nothing without words, or for an entry without letters', () => {
    expect(new WordMatcher([]).match('anything')).toBeNull();
    expect(matches('anything', '*')).toBe(false);
  });

  const word = fc.stringMatching(/^[abAé]{1,4}$/);
  const pattern = fc
    .tuple(fc.boolean(), fc.array(word, { minLength: 1, maxLength: 2 }), fc.boolean())
    .map(([start, words, end]) => `${start ? '*' : ''}${words.join(' ')}${end ? '*' : ''}`);
  const text = fc
    .array(fc.oneof(word, fc.constantFrom(' ', '. ', '\n', '-', '\u200b')))
    .map((parts) => parts.join(''));

  test('gives the same result as comparing all words with all entries', () => {
    const contains = (body: string, entryText: string): boolean => {
      const wanted = fold(entryText.replaceAll('*', '')).match(/[\p{L}\p{N}]+/gu) ?? [];
      const words = fold(body).match(/[\p{L}\p{N}]+/gu) ?? [];
      const isAt = (from: number) =>
        wanted.every((part, n) => {
          const found = words[from + n];
          if (found === undefined) return false;
          const opensStart = n === 0 && entryText.startsWith('*');
          const opensEnd = n === wanted.length - 1 && entryText.endsWith('*');
          if (opensStart && opensEnd) return found.includes(part);
          if (opensStart) return found.endsWith(part);
          return opensEnd ? found.startsWith(part) : found === part;
        });
      return words.some((_word, from) => isAt(from));
    };
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), text, (entries, body) => {
        expect(matches(body, ...entries)).toBe(entries.some((one) => contains(body, one)));
      }),
      { numRuns: 500 },
    );
  });
});
