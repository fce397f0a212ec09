import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayText, excerpt, MARKS_SHOWN } from './display-text.ts';

describe('displayText', () => {
  test('caps runs of combining marks and of skin tone modifiers', () => {
    expect(displayText(`e${'\u0301'.repeat(15_000)}x`)).toBe(`e${'\u0301'.repeat(MARKS_SHOWN)}x`);
    expect(displayText(`👍${'\u{1f3fd}'.repeat(3_000)}`)).toBe('👍\u{1f3fd}');
  });

  test.each(['Việt Nam'.normalize('NFD'), 'שָׁלוֹם', 'བསྒྲུབས', 'สวัสดีครับ', '👍🏽👩🏿‍🚀1️⃣', 'नमस्ते'])(
    'leaves %s as it is',
    (text) => {
      expect(displayText(text)).toBe(text);
    },
  );

  test('shows at most eight marks in a row of any text', () => {
    const text = fc.array(
      fc.constantFrom('a', '\u0301', '\u0323', '\u20e3', ' ', '👍', '\u{1f3fd}'),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const shown = displayText(parts.join(''));
        expect(shown).not.toMatch(/\p{M}{9}|\p{Emoji_Modifier}{2}/u);
        expect(displayText(shown)).toBe(shown);
      }),
    );
  });
});

describe('excerpt', () => {
  test('returns one line of at most the given length', () => {
    expect(excerpt('short', 10)).toBe('short');
    expect(excerpt('one\ntwo', 10)).toBe('one two');
    expect(excerpt('👍'.repeat(20), 3)).toBe('👍👍👍…');
    expect([...excerpt(`a${'\u0301'.repeat(16_000)}`, 120)].length).toBe(MARKS_SHOWN + 2);
  });
});
