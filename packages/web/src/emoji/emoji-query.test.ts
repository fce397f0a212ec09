import { expect, test } from 'vitest';
import { completedEmoji, emojiQuery } from './emoji-query.ts';

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
