import type { AccountId } from '@parley/protocol';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { StorageForTests } from '../lib/storage-for-tests.ts';
import { forgetNext, peekNext, rememberLeft, rememberNext, takeNext } from './next.ts';

const [ann, bob] = ['ann', 'bob'] as AccountId[] as [AccountId, AccountId];

beforeEach(() => {
  vi.stubGlobal('sessionStorage', new StorageForTests());
  vi.stubGlobal('location', { origin: 'https://chat.example' });
  forgetNext();
});
afterAll(() => vi.unstubAllGlobals());

test('the page of a session that has ended is opened once, for its account, and is not stored', () => {
  rememberLeft(ann, '/c/1?thread=2');
  expect([{ ...sessionStorage }, peekNext()]).toEqual([{}, null]);
  expect(takeNext(ann)).toBe('/c/1?thread=2');
  expect(takeNext(ann)).toBeNull();
});

test('another account does not get that page, and neither does anyone after it', () => {
  rememberLeft(ann, '/c/1');
  expect(takeNext(bob)).toBeNull();
  expect(takeNext(ann)).toBeNull();
});

test('a page that was opened without a session is opened by any account, and goes first', () => {
  rememberLeft(ann, '/c/1');
  rememberNext('/c/3');
  rememberNext('//evil.example/');
  expect(takeNext(bob)).toBe('/c/3');
  expect(takeNext(ann)).toBeNull();
});
