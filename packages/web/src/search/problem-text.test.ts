import { expect, test } from 'vitest';
import { problemText } from './problem-text.ts';

test.each([
  ['from', 'zoe', 'No one you can find is called “zoe”.'],
  ['mentions', 'zoe', 'No one you can find is called “zoe”.'],
  ['in', 'nowhere', 'You’re not in a conversation called “nowhere”.'],
  ['has', 'legs', '“legs” doesn’t work with “has:”.'],
  ['before', '2026-99-99', '“2026-99-99” is not a date.'],
  // A valid date is refused only because it is excluded.
  ['before', '2026-01-02', '“before:” can’t be excluded. Use “before:” or “after:” instead.'],
  ['from', ' ', 'Choose a value for “from:”.'],
  // A filter of a newer server.
  ['to', 'ann', 'to: takes a username'],
] as const)('the text for %s:%s', (filter, value, text) => {
  expect(problemText({ filter, value, message: `${filter}: takes a username` })).toBe(text);
});
