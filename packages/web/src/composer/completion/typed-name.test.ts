import { mentionSpans } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { completionChange, groupMention, type TypedName, typedName } from './typed-name.ts';

describe('what is typed at the end of', () => {
  test.each<[string, TypedName | null]>([
    ['@', { sign: '@', start: 0, search: '' }],
    ['hello @ri', { sign: '@', start: 6, search: 'ri' }],
    ['(@ri', { sign: '@', start: 1, search: 'ri' }],
    ['a@ri', null],
    ['@ri ', null],
    ['@@ri', null],
    ['', null],
    ['see #big-pl', { sign: '#', start: 4, search: 'big-pl' }],
    ['# ', null],
    ['so :ta', { sign: ':', start: 3, search: 'ta' }],
    ['/', { sign: '/', start: 0, search: '' }],
    ['/sta', { sign: '/', start: 0, search: 'sta' }],
    ['/status ', null],
    ['/etc/hosts', null],
    ['go /sta', null],
    ['`@ri', null],
    ['```\n@Override\n#inc', null],
    ['```\n#inc\n```\n#de', { sign: '#', start: 13, search: 'de' }],
  ])('%j', (text, expected) => {
    expect(typedName(text, text.length)).toEqual(expected);
  });
});

test('only text before the caret counts', () => {
  expect(typedName('@ria and @sol', 3)).toEqual({ sign: '@', start: 0, search: 'ri' });
});

test('a chosen name replaces what was typed, followed by one space', () => {
  const typed: TypedName = { sign: '@', start: 6, search: 'ri' };
  const change = { from: 6, to: 9, select: [11, 11] };
  expect(completionChange('hello @ri', typed, '@ria')).toEqual({ ...change, text: '@ria ' });
  expect(completionChange('hello @ri there', typed, '@ria')).toEqual({ ...change, text: '@ria' });
});

describe('the mention of a group', () => {
  test('the mention of a group is parsed completely by the server, or not offered', () => {
    const names = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 90 }),
      fc.stringMatching(/^[a-z0-9 ._-]{1,85}$/),
    );
    fc.assert(
      fc.property(names, (name) => {
        const mention = groupMention(name);
        if (mention === null) return;
        expect(mentionSpans(`see ${mention} now`).map((one) => one.name)).toEqual([
          name.replaceAll(' ', '-'),
        ]);
      }),
    );
  });

  test('the mention of a group has hyphens for spaces', () => {
    expect(groupMention('Big plans')).toBe('#Big-plans');
    expect(groupMention('R&D')).toBe(null);
    expect(groupMention('what?')).toBe(null);
  });
});
