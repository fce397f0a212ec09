import { expect, test } from 'vitest';
import { quoteOf } from './selected-quote.ts';

test.each([
  ['One line', '> One line\n\n'],
  ['  Two\nlines \n', '> Two\n> lines\n\n'],
  ['Two\n\n\n\nparagraphs', '> Two\n>\n> paragraphs\n\n'],
])('%j is quoted as %j', (text, quote) => {
  expect(quoteOf(text)).toBe(quote);
});
