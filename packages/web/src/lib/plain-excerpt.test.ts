import { expect, test } from 'vitest';
import { plainExcerpt } from './plain-excerpt.ts';

test.each([
  ['**Release 2.4**\n\n1. Freeze on *Thursday*', 40, 'Release 2.4  1. Freeze on Thursday'],
  ['```ts\nlet level = 3;\n```', 40, 'let level = 3;'],
  ['a **bold** word', 6, 'a bold…'],
  [`${'x'.repeat(200)}**y**`, 10, 'xxxxxxxxxx…'],
])('%j in %d characters is %j', (text, characters, shown) => {
  expect(plainExcerpt(text, characters)).toBe(shown);
});
