import { fold } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PIECE_MIN, pieceKeysOf, piecesOf } from './file-pieces.ts';
import { termOf } from './keys.ts';
import { indexOfTerm } from './match.ts';

const words = 'wombat Déjà straße 東京タワー ที่นี่ a\u0301\u0301 😀😀 foo_bar\n\n \u2003 — x'.split(
  ' ',
);
/** Texts of some pieces, with and without spaces. */
const texts = fc
  .tuple(
    fc.array(fc.constantFrom(...words, ' '.repeat(700), '東京'.repeat(900)), { minLength: 5 }),
    fc.constantFrom('', ' '),
    fc.integer({ min: 1, max: 9_000 }),
  )
  .map(([parts, separator, length]) => {
    const text = parts.join(separator);
    return text.repeat(Math.ceil(length / text.length)).toWellFormed();
  });

describe('pieces of a text', () => {
  test('are the text, one after the other, and none is long or cuts a character', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const pieces = piecesOf(text, 'a.txt').map((piece) => piece.text);
        expect(pieces.join('')).toBe(text);
        for (const [n, piece] of pieces.entries()) {
          expect(piece.isWellFormed()).toBe(true);
          expect(piece.length).toBeLessThanOrEqual(4_000);
          if (n < pieces.length - 1) expect(piece.length).toBeGreaterThanOrEqual(PIECE_MIN);
        }
      }),
    );
  });

  test('have the keys of all terms that begin in them, also of those that end in the next ones', () => {
    const range = fc.tuple(fc.nat({ max: 12_000 }), fc.integer({ min: 1, max: 1_000 }));
    fc.assert(
      fc.property(texts, range, (text, [from, length]) => {
        const term = termOf(text.slice(from, from + length).toWellFormed());
        fc.pre(term !== null && indexOfTerm(fold(text), term) !== -1);
        const keys = pieceKeysOf(term as NonNullable<typeof term>);
        expect(keys.length).toBeGreaterThan(0);
        const pieces = piecesOf(text, 'a.txt');
        expect(pieces.some((piece) => keys.every((key) => piece.keys.has(key)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('are found by the name of the file in the first one', () => {
    const [first, second] = piecesOf('nothing '.repeat(900), 'Wombat.txt');
    const keys = pieceKeysOf({ text: 'wombat.txt', atWordStart: false });
    expect(keys.every((key) => first?.keys.has(key))).toBe(true);
    expect(keys.every((key) => second?.keys.has(key))).toBe(false);
  });
});
