import { expect, test } from 'vitest';
import { mentionQuery, withName } from './mention-query.ts';

test.each([
  ['@', { start: 0, search: '' }],
  ['hello @ri', { start: 6, search: 'ri' }],
  ['(@ri', { start: 1, search: 'ri' }],
  ['a@ri', null],
  ['@ri ', null],
  ['@@ri', null],
  ['', null],
])('what is typed at the end of %j', (text, expected) => {
  expect(mentionQuery(text, text.length)).toEqual(expected);
});

test('only what is before the caret counts', () => {
  expect(mentionQuery('@ria and @sol', 3)).toEqual({ start: 0, search: 'ri' });
});

test('a chosen name replaces what was typed, followed by one space', () => {
  const query = { start: 6, search: 'ri' };
  expect(withName('hello @ri', query, 'ria')).toEqual({ text: 'hello @ria ', caret: 11 });
  expect(withName('hello @ri there', query, 'ria')).toEqual({
    text: 'hello @ria there',
    caret: 11,
  });
});
