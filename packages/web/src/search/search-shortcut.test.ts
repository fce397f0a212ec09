import { expect, test } from 'vitest';
import { isSearchKey } from './search-shortcut.ts';

const key = (name: string, more: object = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  isInField: false,
  ...more,
});

test('a slash opens the search outside of fields', () => {
  expect(isSearchKey(key('/'), false)).toBe(true);
  expect(isSearchKey(key('/', { shiftKey: true }), true)).toBe(true);
  expect(isSearchKey(key('/', { isInField: true }), false)).toBe(false);
  expect(isSearchKey(key('/', { ctrlKey: true }), false)).toBe(false);
  expect(isSearchKey(key('x'), false)).toBe(false);
});

test('Ctrl+F is left to the browser outside of conversations', () => {
  expect(isSearchKey(key('f', { ctrlKey: true, isInField: true }), true)).toBe(true);
  expect(isSearchKey(key('f', { metaKey: true }), true)).toBe(true);
  expect(isSearchKey(key('f', { ctrlKey: true }), false)).toBe(false);
  expect(isSearchKey(key('F', { ctrlKey: true, shiftKey: true }), false)).toBe(true);
  expect(isSearchKey(key('f', { ctrlKey: true, altKey: true }), true)).toBe(false);
  expect(isSearchKey(key('f'), true)).toBe(false);
});
