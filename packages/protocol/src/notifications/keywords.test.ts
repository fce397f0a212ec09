import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findKeyword, keywordAnchor, textAnchors } from './keywords.ts';

describe('findKeyword', () => {
  test.each([
    ['The deploy failed', 'deploy', true],
    ['DEPLOY!', 'deploy', true],
    ['redeployment', 'deploy', false],
    ['deploys', 'deploy', false],
    ['Ein Café', 'cafe', true],
    ['big  red\nbutton', 'red button', true],
    ['use C++ here', 'c++', true],
    ['今天开会议吗', '会议', true],
    ['v1.2 is out', 'v1', true],
    ['snake_case', 'case', false],
    ['🚀 launch', '🚀', true],
    ['', 'deploy', false],
  ])('in %j finds %j: %s', (text, keyword, isFound) => {
    expect(findKeyword(text, [keyword]) === keyword).toBe(isFound);
  });

  test('returns the first that is contained', () => {
    expect(findKeyword('a b c', ['x', 'c', 'a'])).toBe('c');
  });

  test('is found only in texts that have the anchor of the keyword', () => {
    const part = fc.constantFrom(
      'a',
      'B',
      'é',
      ' ',
      '-',
      '会',
      '議',
      '_',
      '1',
      '🚀',
      '+',
      'ไ',
      'ß',
    );
    const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, text, (before, keyword, after) => {
        fc.pre(keyword.trim() !== '');
        const body = before + keyword + after;
        if (findKeyword(body, [keyword]) === null) return;
        expect(textAnchors(body)).toContain(keywordAnchor(keyword));
      }),
    );
  });
});
