import type { AccountId } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StorageForTests } from '../lib/storage-for-tests.ts';
import {
  accountHere,
  concernsLogin,
  currentLogin,
  type LoginKey,
  recordLogin,
  removeLogin,
} from './login-record.ts';

const [ann, bob] = ['ann', 'bob'] as AccountId[] as [AccountId, AccountId];

beforeEach(() => {
  vi.stubGlobal('localStorage', new StorageForTests());
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00.000Z') });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('a login replaces the earlier ones', () => {
  localStorage.setItem('parley.theme', 'dark');
  recordLogin(ann);
  vi.setSystemTime(Date.now() + 1);
  const key = recordLogin(bob);
  expect(Object.keys(localStorage)).toEqual(['parley.theme', key]);
  expect(currentLogin()).toEqual({ key, account: bob });
});

test('the latest login counts where two tabs have logged in at the same moment', () => {
  localStorage.setItem('parley.login.1767225600002.7', bob);
  localStorage.setItem('parley.login.1767225600001.9', ann);
  expect(accountHere()).toBe(bob);
});

test('the end of an old session leaves the login of another tab', () => {
  const old = recordLogin(ann);
  vi.setSystemTime(Date.now() + 1);
  recordLogin(bob);
  removeLogin(old);
  expect(accountHere()).toBe(bob);
  removeLogin(currentLogin()?.key as LoginKey);
  expect([accountHere(), currentLogin()]).toEqual([null, null]);
});

test('knows the changes that may concern the login', () => {
  expect(['parley.login.1.2', null, 'parley.theme'].map(concernsLogin)).toEqual([
    true,
    true,
    false,
  ]);
});
