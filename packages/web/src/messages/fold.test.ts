import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayText } from '../lib/display-text.ts';
import { foldedText, isLong } from './fold.ts';

describe('long messages', () => {
  test('long messages have more than 2,000 characters or 30 lines', () => {
    expect(isLong('a'.repeat(2_000))).toBe(false);
    expect(isLong('a'.repeat(2_001))).toBe(true);
    expect(isLong('a\n'.repeat(29))).toBe(false);
    expect(isLong('a\n'.repeat(30))).toBe(true);
  });

  test('long messages are truncated to at most 1,200 characters and 18 lines', () => {
    const parts = fc.array(
      fc.constantFrom('`', '\n', 'https://a.example/', 'a', ' ', '\u0301', '👍🏽'),
      {
        minLength: 1,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(parts, fc.integer({ min: 1, max: 200 }), (some, times) => {
        const all = displayText(some.join('').repeat(times));
        const folded = foldedText(all);
        expect(all.startsWith(folded)).toBe(true);
        expect(folded.length).toBeLessThanOrEqual(1_200);
        expect(folded.split('\n').length).toBeLessThanOrEqual(18);
        if (all.length <= 1_200 && all.split('\n').length <= 18) expect(folded).toBe(all.trimEnd());
      }),
      { numRuns: 500 },
    );
  });

  test('long messages are never truncated within a character', () => {
    const characters = fc.constantFrom('a', 'e\u0301\u0323', '👍🏽', '👩\u200d🚀', 'क्');
    fc.assert(
      fc.property(fc.array(characters, { minLength: 1, maxLength: 9 }), (parts) => {
        const all = parts.join('').repeat(2_000);
        const kept = foldedText(all);
        expect(all.startsWith(kept)).toBe(true);
        expect(all.slice(kept.length)).not.toMatch(/^(?:\p{M}|\u200d|[\uDC00-\uDFFF])/u);
      }),
    );
  });
});
