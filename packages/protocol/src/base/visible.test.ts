import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DisplayName, Username } from '../rest/rest.ts';
import { Body } from './text.ts';

const accepts = (name: string) => DisplayName.safeParse(name).success;

describe('a display name', () => {
  test.each([
    ['zero width space', '\u200b'],
    ['word joiner', '\u2060'],
    ['Braille blank', '\u2800'],
    ['Hangul filler', '\u3164'],
    ['halfwidth Hangul filler', '\uffa0'],
    ['Hangul choseong filler', '\u115f'],
    ['soft hyphen', '\u00ad'],
    ['combining grapheme joiner', '\u034f'],
    ['Mongolian vowel separator', '\u180e'],
    ['byte order mark', '\ufeff'],
    ['invisible times', '\u2062'],
    ['Khmer inherent vowel', '\u17b4'],
    ['variation selector', '\ufe0f'],
    ['variation selector supplement', '\u{e0100}'],
    ['tag', '\u{e0041}'],
    ['language tag', '\u{e0001}'],
    ['shorthand format overlap', '\u{1bca0}'],
    ['musical null notehead', '\u{1d159}'],
    ['musical begin beam', '\u{1d173}'],
    ['object replacement', '\ufffc'],
    ['interlinear annotation', '\ufff9'],
    ['joiner', '\u200d'],
    ['non-joiner', '\u200c'],
    ['right-to-left override', '\u202e'],
    ['right-to-left embedding', '\u202b'],
    ['isolate', '\u2067'],
    ['Arabic letter mark', '\u061c'],
    ['right-to-left mark', '\u200f'],
    ['NUL', '\u0000'],
    ['line separator', '\u2028'],
    ['escape', '\u001b'],
  ])('has no %s, neither alone nor between letters', (_name, character) => {
    for (const name of [
      character,
      character.repeat(3),
      ` ${character} `,
      `a${character}b`,
      `a${character}`,
      `${character}a`,
    ]) {
      // White space at the ends is trimmed.
      const { data } = DisplayName.safeParse(name);
      expect(data ?? '', JSON.stringify(name)).toBe(data === undefined ? '' : 'a');
      const hasLetter = name.includes('a');
      const isStored = hasLetter && character !== '\u0000';
      expect(Body.safeParse(name).success, `a message ${JSON.stringify(name)}`).toBe(isStored);
    }
  });

  test.each([' ', '\u00a0', '\u3000', '\u2003\u2003', '\u0301', ' \u0301', '\u20dd'])(
    'has a visible character: not %j alone',
    (name) => expect(accepts(name)).toBe(false),
  );

  test.each([
    ['José', 'decomposed', 'Jose\u0301'],
    ['Vietnamese', 'two marks', 'Nguyê\u0303n'],
    ['Hebrew', 'with points', 'שָׁלוֹם'],
    ['Persian', 'with a non-joiner', 'می\u200cخواهم'],
    ['Devanagari', 'with a joiner', 'क्\u200dष'],
    ['Sinhala', 'with a joiner', 'ක්\u200dෂ'],
    ['Thai', 'with tone marks', 'น้ำ'],
    ['Arabic', 'with marks', 'مُحَمَّد'],
    ['Japanese', 'kana', 'ガギグ'],
    ['family', 'emoji with joiners', 'Ann 👨‍👩‍👧‍👦'],
    ['heart', 'emoji with a selector', 'Ann ❤️'],
    ['flag', 'regional indicators', 'Ann 🇩🇪'],
    ['Scotland', 'flag of tags', 'Ann 🏴󠁧󠁢󠁳󠁣󠁴󠁿'],
    ['keycap', 'emoji', '1️⃣'],
    ['skin', 'tone', '👍🏽'],
    ['hyphen', 'and apostrophe', "Anne-Marie O'Neill"],
  ])('is written in every language: %s %s', (_language, _what, name) => {
    expect(accepts(name)).toBe(true);
  });

  test('has no stacked marks, and no mark twice', () => {
    expect(accepts(`a${'\u0301'.repeat(15_000)}`)).toBe(false);
    expect(accepts('Z\u0301\u0302\u0303\u0304\u0306')).toBe(false);
    expect(accepts('e\u0301\u0301')).toBe(false);
    expect(accepts('o\u0302\u0301')).toBe(true);
  });

  test('has single spaces between words', () => {
    expect(DisplayName.parse('  Ann \u00a0\u2003 Lee ')).toBe('Ann Lee');
  });

  test('is unchanged by a second validation, whatever the input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const first = DisplayName.safeParse(text);
        if (!first.success) return;
        expect(DisplayName.parse(first.data)).toBe(first.data);
        const bare = first.data.replace(/[\p{Default_Ignorable_Code_Point}\p{Z}\p{M}\u2800]/gu, '');
        expect(bare).not.toBe('');
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  test('rejects an ignorable character anywhere in a Latin name', () => {
    const ignorable = [...Array(0x110000).keys()].filter((n) =>
      /\p{Default_Ignorable_Code_Point}/u.test(String.fromCodePoint(n)),
    );
    expect(ignorable.length).toBeGreaterThan(4_000);
    for (const n of ignorable) {
      expect(accepts(`A${String.fromCodePoint(n)}b`), n.toString(16)).toBe(false);
    }
  }, 60_000);
});

test.each(['a\u200bb', 'a\u2800b', 'a\u3164b', 'q\u0301\u0302\u0303\u0304', 'a\u202eb'])(
  'a username is not %j',
  (name) => expect(Username.safeParse(name).success).toBe(false),
);

test.each(['everyone', 'Here', 'ｅｖｅｒｙｏｎｅ', 'me'])(
  'a username is not %j, which has a meaning in mentions or searches',
  (name) => {
    expect(Username.safeParse(name).success).toBe(false);
    expect(Username.safeParse(`${name}1`).success).toBe(true);
  },
);
