import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldWithoutMarkers } from './fold-plain.ts';
import { withoutMarkers } from './markers.ts';

test.each([
  ['a **bold** and _italic_ ~~gone~~ `code`', 'a bold and italic gone code'],
  ['**_both_**', 'both'],
  ['see [the plan](https://a.example/x_y) now', 'see the plan now'],
  ['[**bold** link](https://a.example)', 'bold link'],
  ['https://a.example/x_y_z', 'https://a.example/x_y_z'],
  ['> said\n> twice', 'said\ntwice'],
  ['- one\n- two', '- one\n- two'],
  ['2 \\* 3', '2 * 3'],
  ['```ts\nlet x;\n```', '\nlet x;\n'],
  ['| a | b |\n| - | -: |\n| 1 | 2 |', '| a | b |\n| 1 | 2 |'],
  ['snake_case and 2 * 3', 'snake_case and 2 * 3'],
  ['[not a link] **open', '[not a link] **open'],
])('%j reads as %j', (text, expected) => {
  expect(withoutMarkers(text)).toBe(expected);
});

test('a text without markers is folded with positions in the text as typed', () => {
  const text = '**Bíg** _news_ ok';
  const folded = foldWithoutMarkers(text);
  expect(folded?.text).toBe('big news ok');
  const { start, end } = folded?.originalRange(0, 'big news'.length) ?? { start: 0, end: 0 };
  expect(text.slice(start, end)).toBe('Bíg** _news');
  expect(foldWithoutMarkers('plain text')).toBeNull();
  expect(foldWithoutMarkers('**')).toBeNull();
  expect(foldWithoutMarkers(text.padEnd(4_001))).toBeNull();
});

const emojiOf = (name: string) => ({ tada: '🎉', '+1': '👍', 'skin-tone-3': '🏼' })[name];

test.each([
  ['done :tada:', 'done 🎉'],
  ['**:tada:** :+1::skin-tone-3:', '🎉 👍🏼'],
  ['`:tada:` and :tada:', ':tada: and 🎉'],
  ['```\n:tada:\n```', '\n:tada:\n'],
  ['see [:tada:](https://a.example/:tada:)', 'see 🎉'],
  ['https://a.example/:tada:', 'https://a.example/:tada:'],
  ['\\:tada:', ':tada:'],
  ['at 10:30:45 :unknown: a:tada:', 'at 10:30:45 :unknown: a:tada:'],
])('%j with emoji reads as %j', (text, expected) => {
  expect(withoutMarkers(text, emojiOf)).toBe(expected);
});

const nameOf = (sign: string, name: string) =>
  ({ '@ria': '@Ria Lind', '@sami': '@سامي', '#old-name': '#New name' })[sign + name];

test.each([
  ['@ria, see #old-name', '@Ria Lind, see #New name'],
  ['**@ria** _and @ria_', '@Ria Lind and @Ria Lind'],
  ['`@ria` and @ria', '@ria and @Ria Lind'],
  ['```\n@ria\n```', '\n@ria\n'],
  ['[@ria](https://a.example/@ria)', '@Ria Lind'],
  ['https://a.example/@ria ria@ria.example', 'https://a.example/@ria ria@ria.example'],
  ['@unknown @ria :tada:', '@unknown @Ria Lind 🎉'],
  ['@sami what now?', '\u2068@سامي\u2069 what now?'],
  ['@ria شكرا', '\u2068@Ria Lind\u2069 شكرا'],
])('%j with names reads as %j', (text, expected) => {
  expect(withoutMarkers(text, emojiOf, nameOf)).toBe(expected);
});

test('a text without the characters of markers has none', () => {
  const characters = fc.constantFrom(...'ab 1.\n\t-+#:!@/()]<&;"=$'.split(''));
  fc.assert(
    fc.property(fc.string({ unit: characters, maxLength: 60 }), (text) => {
      // A marker in its own paragraph, so that the text is parsed.
      expect(withoutMarkers(`${text}\n\n*end*`)).toBe(`${text}\n\nend`);
    }),
    { numRuns: 2_000 },
  );
});
