import { afterAll, beforeAll, expect, test } from 'vitest';
import { ExecutedBlocks } from './executed-blocks.test-support.ts';
import { parseMarkdown } from './markdown.ts';

const blocks = new ExecutedBlocks(['/@lezer/', '/protocol/src/markdown']);
beforeAll(() => blocks.start());
afterAll(() => blocks.stop());

test.each([
  ['asterisks', '*'],
  ['emphasis', '*a'],
  ['emphasis of two kinds', '*a_ '],
  ['opening brackets', '['],
  ['links that are not closed', '[a]('],
  ['backticks', '` `` ``` '],
  ['fences', '```\n'],
  ['quotes', '>'],
  ['lists', '1. '],
  ['cells', '|a|b|\n|-|-|\n'],
  ['tildes', '~~a'],
  ['escapes', '\\*'],
  ['less-than signs', '<a:'],
  ['a URL of closing parentheses', ')'],
  ['line breaks', '\n'],
])('of the greatest length is parsed in a bounded number of steps: %s', async (name, part) => {
  const text = (name.startsWith('a URL') ? 'http://' : '') + part.repeat(16_000 / part.length);
  const steps = await blocks.count(() => void parseMarkdown(text));
  expect(steps).toBeGreaterThan(10_000);
  // At most half a second. A parser that takes quadratic time would need minutes for some of these.
  expect(steps).toBeLessThan(150_000_000);
});
