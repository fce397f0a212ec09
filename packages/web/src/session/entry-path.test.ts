import { expect, test } from 'vitest';
import { entryPath } from './entry-path.ts';

test('a visitor without a session sees the landing page first', () => {
  expect(entryPath('/', { state: 'out' })).toBe('/welcome');
});

test('a page that needs a session asks for the login', () => {
  expect(entryPath('/search', { state: 'out' })).toBe('/login');
});

test('the login page says why a session has ended, also on the start page', () => {
  expect(entryPath('/', { state: 'out', notice: 'Your session has ended.' })).toBe('/login');
});
