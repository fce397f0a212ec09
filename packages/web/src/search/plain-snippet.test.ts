import { expect, test } from 'vitest';
import { plainSnippet } from './plain-snippet.ts';

/** Finds a word in a part of a text, and returns the excerpt with what is marked in brackets. */
function shown(body: string, word: string, part = body): string {
  const start = part.indexOf(word);
  const snippet = {
    text: part,
    ranges: [{ start, end: start + word.length }],
    isCutBefore: part !== body,
    isCutAfter: false,
  };
  const { text, ranges } = plainSnippet(body, snippet, (sign, name) =>
    sign === '@' && name === 'ria' ? '@Ria Lind' : undefined,
  );
  const [range] = ranges;
  if (!range) throw new Error('The range is gone');
  return `${text.slice(0, range.start)}[${text.slice(range.start, range.end)}]${text.slice(range.end)}`;
}

test.each([
  ['a **bold** move', 'bold', undefined, 'a [bold] move'],
  ['**a** _b_ then the word', 'word', undefined, 'a b then the [word]'],
  ['`code` first, **word** last', 'word', undefined, 'code first, [word] last'],
  ['the **long bold text** ends', 'text', 'bold text** ends', 'bold [text] ends'],
  ['see [the plan](https://a.example) now', 'plan', undefined, 'see the [plan] now'],
  ['see [it](https://plan.example) now', 'plan', undefined, 'see it](https://[plan].example) now'],
  ['plain text', 'text', undefined, 'plain [text]'],
  ['@ria says the word', 'word', undefined, '@Ria Lind says the [word]'],
  ['the word of **@ria** here', 'here', undefined, 'the word of @Ria Lind [here]'],
  ['@ria says it', 'ria', undefined, '@[ria] says it'],
  ['the @ria says it', 'it', 'ia says it', 'ia says [it]'],
])('%j marks %j', (body, word, part, expected) => {
  expect(shown(body, word, part)).toBe(expected);
});
