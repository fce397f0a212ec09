import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, foldWithPlaces } from './fold.ts';

describe('fold', () => {
  test.each([
    ['Déjà Vu', 'deja vu'],
    ['e\u0301te\u0301', 'ete'],
    ['Straße', 'strasse'],
    ['ΟΔΟΣ οδος οδός', 'οδοσ οδοσ οδοσ'],
    ['İstanbul ISPARTA ılık', 'istanbul isparta ilik'],
    ['Łódź Ærø Þór', 'lodz aero thor'],
    ['Ёлка', 'елка'],
    ['Йод', 'йод'],
    ['が か', 'が か'],
    ['ﾊﾝｶｸ ＡＢＣ', 'ハンカク abc'],
    ['한국어', '한국어'],
    ['ที่นี่', 'ที่นี่'],
    ['سَلَام', 'سلام'],
    ['don’t “quote” – it…', 'don\'t "quote" - it...'],
    ['a\u00adb\u200bc', 'abc'],
    ['two  spaces\n\ttab', 'two spaces tab'],
    ['foo_bar 0xFF $_ std::vector %\\', 'foo_bar 0xff $_ std::vector %\\'],
  ])('folds %j to %j', (text, folded) => {
    expect(fold(text)).toBe(folded);
    expect(foldWithPlaces(text).text).toBe(folded);
  });

  test('of a folded text is unchanged', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
    );
  });

  test('folds ASCII and runs of it as single characters', () => {
    const unit = fc.constantFrom(
      ...'\t\n\v\f\r  aBZ~_0\u0301éÉß中ー\u200b\ud83d\ude00',
      'e\u0301',
      '\u0301',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
        expect(fold(text)).toBe(foldWithPlaces(text).text);
      }),
      { numRuns: 1_000 },
    );
  });

  test('maps each part to its position in the original', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const folded = foldWithPlaces(text);
        expect(folded.text).toBe(fold(text));
        for (let start = 0; start < folded.text.length; start++) {
          const range = folded.originalRange(start, start + 1);
          expect(fold(text.slice(range.start, range.end))).toContain(folded.text[start]);
        }
      }),
    );
  });
});
