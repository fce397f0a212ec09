import { expect, test } from 'vitest';
import { completedEmoji, emojiQuery, withEmoji } from './emoji-query.ts';

test.each([
  [':ta', { start: 0, search: 'ta' }],
  ['well :+1', { start: 5, search: '+1' }],
  ['(:Party-pa', { start: 1, search: 'Party-pa' }],
  [':t', null],
  ['at 10:30', null],
  ['https://ab', null],
  ['std::vec', null],
  ['key:va', null],
  [':tada ', null],
  ['`:ta', null],
  ['`a` :ta', { start: 4, search: 'ta' }],
  ['```\n:ta', null],
])('the emoji that is being typed at the end of %j', (text, expected) => {
  expect(emojiQuery(text, text.length)).toEqual(expected);
});

test.each([
  [':tada:', { start: 0, search: 'tada' }],
  ['so :+1:', { start: 3, search: '+1' }],
  [':tada::+1:', { start: 6, search: '+1' }],
  ['10:30:', null],
  ['a:b:', null],
  ['`:tada:', null],
  [':Tada:', null],
])('the emoji that is complete at the end of %j', (text, expected) => {
  expect(completedEmoji(text, text.length)).toEqual(expected);
});

test('a chosen emoji replaces what was typed, followed by one space', () => {
  const query = { start: 3, search: 'ta' };
  expect(withEmoji('so :ta', query, '🎉')).toEqual({ text: 'so 🎉 ', caret: 6 });
  expect(withEmoji('so :ta there', query, ':party:')).toEqual({
    text: 'so :party: there',
    caret: 11,
  });
});
