import { describe, expect, test } from 'vitest';
import { formatOfKey, keysText } from './format-keys.ts';
import type { Format } from './formats.ts';

const key = (name: string, more: object = {}) => ({
  key: name,
  shiftKey: false,
  ctrlKey: true,
  metaKey: false,
  altKey: false,
  isComposing: false,
  ...more,
});
const shift = { shiftKey: true };

describe('the format of', () => {
  test.each<[string, object, Format | null]>([
    ['b', {}, 'bold'],
    ['i', {}, 'italic'],
    ['E', {}, 'code'],
    ['b', { ctrlKey: false, metaKey: true }, 'bold'],
    ['X', shift, 'strikethrough'],
    ['x', {}, null],
    ['C', shift, 'code-block'],
    ['c', {}, null],
    ['U', shift, 'link'],
    ['&', { ...shift, code: 'Digit7' }, 'numbered-list'],
    ['/', { ...shift, code: 'Digit7' }, 'numbered-list'],
    ['*', { ...shift, code: 'Digit8' }, 'bulleted-list'],
    ['(', { ...shift, code: 'Digit9' }, 'quote'],
    ['7', { code: 'Digit7' }, null],
    ['b', { ctrlKey: false }, null],
    ['b', { metaKey: true }, null],
    ['b', { altKey: true }, null],
    ['b', { isComposing: true }, null],
  ])('%s with %j is %s', (name, more, expected) => {
    expect(formatOfKey(key(name, more), true)).toBe(expected);
  });

  test('Ctrl+K makes a link of a selection, and otherwise opens the quick switcher', () => {
    expect(formatOfKey(key('k'), true)).toBe('link');
    expect(formatOfKey(key('k'), false)).toBe(null);
  });
});

test('keys are named as on the user’s keyboard', () => {
  expect(keysText('strikethrough', false)).toBe('Ctrl+Shift+X');
  expect(keysText('strikethrough', true)).toBe('⌘⇧X');
});
