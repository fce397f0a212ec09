import 'fake-indexeddb/auto';
import type { AccountId } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StorageForTests } from '../lib/storage-for-tests.ts';
import {
  isPushOn,
  PUSH,
  readStored,
  readStoredInTab,
  removeOthers,
  removeStoredOfOthers,
  writeStored,
  writeStoredInTab,
} from './device.ts';
import { currentLogin, type LoginKey, recordLogin, removeLogin } from './login-record.ts';

const [ann, bob] = ['ann', 'bob'] as AccountId[] as [AccountId, AccountId];
const logout = () => removeLogin(currentLogin()?.key as LoginKey);

beforeEach(() => {
  vi.stubGlobal('localStorage', new StorageForTests());
  vi.stubGlobal('sessionStorage', new StorageForTests());
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('window', {});
  recordLogin(ann);
});
afterEach(() => vi.unstubAllGlobals());

test('values belong to one account', () => {
  writeStored(ann, 'draft', 'hello');
  writeStoredInTab(ann, 'upload', '7');
  expect([readStored(ann, 'draft'), readStoredInTab(ann, 'upload')]).toEqual(['hello', '7']);
  expect([readStored(bob, 'draft'), readStoredInTab(bob, 'upload')]).toEqual([null, null]);
  writeStored(ann, 'draft', null);
  expect(readStored(ann, 'draft')).toBeNull();
});

test('a tab that has not noticed the logout stores nothing', () => {
  logout();
  writeStored(ann, 'draft', 'hello');
  recordLogin(bob);
  writeStored(ann, 'draft', 'hello');
  expect(readStored(ann, 'draft')).toBeNull();
});

test('a full storage does not stop the page', () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  vi.spyOn(localStorage, 'setItem').mockImplementation(() => {
    throw new DOMException('Full', 'QuotaExceededError');
  });
  writeStored(ann, 'draft', 'hello');
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

test('removes the values of other accounts and of earlier versions, and nothing else', () => {
  writeStored(ann, 'draft', 'of Ann');
  writeStoredInTab(ann, 'upload', 'of Ann');
  localStorage.setItem('parley.theme', 'dark');
  localStorage.setItem('parley.draft.general', 'of no one');
  localStorage.setItem('parley.kept.anna.draft', 'of Anna');
  sessionStorage.setItem('parley.kept.bob.upload', 'of Bob');
  removeStoredOfOthers(ann);
  const values = () => [localStorage, sessionStorage].flatMap((storage) => Object.values(storage));
  expect(values()).toEqual([ann, 'of Ann', 'dark', 'of Ann']);
  removeStoredOfOthers(null);
  expect(values()).toEqual([ann, 'dark']);
});

test('removes the databases of accounts that are not logged in', async () => {
  const open = (name: string) =>
    new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(name);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
  const names = async () => (await indexedDB.databases()).map(({ name }) => name).sort();
  for (const name of ['parley-ann', 'parley-bob', 'another']) await open(name);
  await removeOthers();
  expect(await names()).toEqual(['another', 'parley-ann']);
  logout();
  await removeOthers();
  expect(await names()).toEqual(['another']);
});

test('knows whether notifications are pushed to this browser', () => {
  expect(isPushOn(ann)).toBe(false);
  writeStored(ann, PUSH, 'on');
  expect([isPushOn(ann), isPushOn(bob)]).toEqual([true, false]);
});
