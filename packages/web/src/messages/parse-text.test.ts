import type { AccountId, ConversationId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { displayText, excerpt, MARKS_SHOWN } from '../lib/display-text.ts';
import { foldTokens, isLong, parseText, type TextToken, withMentions } from './parse-text.ts';

const kinds = (text: string) => parseText(text).map((t) => [t.kind, t.text]);
/** Text of what the parser looks for, in any order. */
const delimiters = fc
  .array(
    fc.constantFrom(
      '`',
      '```',
      '\n',
      'http://',
      'https://',
      'a',
      ')',
      '(',
      '.',
      ' ',
      'js',
      '\u0301',
      '👍🏽',
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe('parseText', () => {
  test.each([
    ['plain', [['text', 'plain']]],
    [
      'see https://a.example/b, then',
      [
        ['text', 'see '],
        ['link', 'https://a.example/b'],
        ['text', ', then'],
      ],
    ],
    [
      '(http://a.example)',
      [
        ['text', '('],
        ['link', 'http://a.example'],
        ['text', ')'],
      ],
    ],
    ['https://w.example/A_(b)', [['link', 'https://w.example/A_(b)']]],
    [
      'https://w.example/A_(b)).',
      [
        ['link', 'https://w.example/A_(b)'],
        ['text', ').'],
      ],
    ],
    ['http:// alone', [['text', 'http:// alone']]],
    [
      '`code` and `https://a.example`',
      [
        ['code', 'code'],
        ['text', ' and '],
        ['code', 'https://a.example'],
      ],
    ],
    ['`no\nspan` then', [['text', '`no\nspan` then']]],
    ['an ` alone', [['text', 'an ` alone']]],
    ['``', [['text', '``']]],
    [
      'a ```js\nlet x\n``` b',
      [
        ['text', 'a '],
        ['block', 'let x'],
        ['text', ' b'],
      ],
    ],
    ['```two words\nx```', [['block', 'two words\nx']]],
    [
      '```open https://a.example',
      [
        ['text', '```open '],
        ['link', 'https://a.example'],
      ],
    ],
    [
      'https://a.example/\u202Egpj.exe',
      [
        ['link', 'https://a.example/'],
        ['text', '\u202Egpj.exe'],
      ],
    ],
  ])('splits %j', (text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });

  test('keeps every character that is not a delimiter, in order', () => {
    fc.assert(
      fc.property(delimiters, (text) => {
        // The language of a block is not shown.
        fc.pre(!text.includes('```'));
        const withoutDelimiters = (s: string) => s.replace(/`/g, '');
        const joined = parseText(text)
          .map((t) => t.text)
          .join('');
        expect(withoutDelimiters(joined)).toBe(withoutDelimiters(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('links URLs only, never the text around them', () => {
    fc.assert(
      fc.property(delimiters, (text) => {
        for (const token of parseText(text)) {
          if (token.kind === 'link')
            expect(token.text).toMatch(/^https?:\/\/[^\s`<>"']*[^\s.,;:!?<>"']$/);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['a URL of closing parentheses', (n: number) => `http://${')'.repeat(n)}a`],
    ['parentheses at the end', (n: number) => `http://a${')'.repeat(n)}`],
    ['schemes without URLs', (n: number) => 'http:// '.repeat(n / 8)],
    ['schemes in one URL', (n: number) => 'http://'.repeat(n / 7)],
    ['backticks', (n: number) => '`'.repeat(n)],
    ['backticks and line breaks', (n: number) => '`\n'.repeat(n / 2)],
    ['fences', (n: number) => '```a\n'.repeat(n / 5)],
    ['a fence that is not closed', (n: number) => `\`\`\`${'a-'.repeat(n / 2)}`],
    ['combining marks', (n: number) => `a${'\u0301'.repeat(n)}`],
    ['skin tone modifiers', (n: number) => `👍${'\u{1f3fd}'.repeat(n / 2)}`],
    ['line breaks', (n: number) => '\n'.repeat(n)],
  ])('takes linear time for %s', (_name, make) => {
    const time = (text: string) => {
      const started = performance.now();
      foldTokens(parseText(displayText(text)));
      isLong(text);
      excerpt(text, 120);
      return performance.now() - started;
    };
    time(make(10_000));
    // Twenty times the longest message: a quadratic algorithm takes many seconds.
    expect(Math.min(time(make(320_000)), time(make(320_000)))).toBeLessThan(1_000);
  });
});

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

describe('long messages', () => {
  test('have more than 2,000 characters or 30 lines', () => {
    expect(isLong('a'.repeat(2_000))).toBe(false);
    expect(isLong('a'.repeat(2_001))).toBe(true);
    expect(isLong('a\n'.repeat(29))).toBe(false);
    expect(isLong('a\n'.repeat(30))).toBe(true);
  });

  test('are truncated to at most 1,200 characters and 18 lines', () => {
    const text = (tokens: readonly TextToken[]) => tokens.map((t) => t.text).join('');
    fc.assert(
      fc.property(delimiters, fc.integer({ min: 1, max: 200 }), (part, times) => {
        const whole = parseText(displayText(part.repeat(times)));
        const folded = text(foldTokens(whole));
        const all = text(whole);
        if (folded === all) return;
        expect(folded.endsWith('…')).toBe(true);
        expect(folded.length).toBeLessThanOrEqual(1_201);
        expect(folded.split('\n').length).toBeLessThanOrEqual(18);
        expect(all.startsWith(folded.slice(0, -1))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('are never truncated within a character', () => {
    const characters = fc.constantFrom('a', 'e\u0301\u0323', '👍🏽', '👩\u200d🚀', 'क्');
    fc.assert(
      fc.property(fc.array(characters, { minLength: 1, maxLength: 9 }), (parts) => {
        const all = parts.join('').repeat(2_000);
        const [token] = foldTokens(parseText(all));
        const kept = token?.text.slice(0, -1) ?? '';
        expect(all.startsWith(kept)).toBe(true);
        expect(all.slice(kept.length)).not.toMatch(/^(?:\p{M}|\u200d|[\uDC00-\uDFFF])/u);
      }),
    );
  });

  test('do not end in a truncated link', () => {
    const tokens = parseText(`${'a'.repeat(1_190)} https://a.example/${'b'.repeat(2_000)}`);
    expect(foldTokens(tokens).map((t) => t.kind)).toEqual(['text', 'text']);
  });
});

describe('mentions', () => {
  const ria = { kind: 'user', name: 'ria', id: 'r' as AccountId } as const;
  const design = { kind: 'group', name: 'design-team', id: 'd' as ConversationId } as const;
  const split = (text: string) => withMentions(parseText(text), [ria, design, { kind: 'here' }]);

  test('split the text where the server has resolved a name', () => {
    expect(split('@ria, see #design-team. @unknown @here!')).toEqual([
      { kind: 'mention', text: '@ria', mention: ria },
      { kind: 'text', text: ', see ' },
      { kind: 'mention', text: '#design-team', mention: design },
      { kind: 'text', text: '. @unknown ' },
      { kind: 'mention', text: '@here', mention: { kind: 'here' } },
      { kind: 'text', text: '!' },
    ]);
  });

  test('are never in code or links', () => {
    const kinds = split('`@ria` https://example.org/@ria a@ria').map((token) => token.kind);
    expect(kinds).toEqual(['code', 'text', 'link', 'text']);
  });
});
