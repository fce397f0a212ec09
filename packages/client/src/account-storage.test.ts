import type { AccountId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { AccountStorage, clearAccountStorage, clearOtherAccounts } from './account-storage.ts';

const ANN = 'ann' as AccountId;
const BOB = 'bob' as AccountId;

/** A storage like a page’s. */
function aStorage(): Storage {
  const values = new Map<string, string>();
  return {
    get length() {
      return values.size;
    },
    key: (n) => [...values.keys()][n] ?? null,
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => void values.set(name, value),
    removeItem: (name) => void values.delete(name),
    clear: () => values.clear(),
  };
}

test('one account does not see the values of another', () => {
  const storage = aStorage();
  new AccountStorage(ANN, storage).set('draft', 'secret');
  expect(new AccountStorage(BOB, storage).get('draft')).toBeNull();
  expect(new AccountStorage(ANN, storage).get('draft')).toBe('secret');
  new AccountStorage(ANN, storage).remove('draft');
  expect(new AccountStorage(ANN, storage).get('draft')).toBeNull();
});

test('clearing deletes all values of the account and nothing else', () => {
  const storage = aStorage();
  storage.setItem('parley.theme', 'dark');
  for (const key of ['a', 'b', 'c']) new AccountStorage(ANN, storage).set(key, key);
  new AccountStorage(BOB, storage).set('a', 'his');
  clearAccountStorage(ANN, storage);
  expect(new AccountStorage(ANN, storage).get('b')).toBeNull();
  expect(new AccountStorage(BOB, storage).get('a')).toBe('his');
  expect(storage.length).toBe(2);
});

test('what is left of other accounts is deleted', () => {
  const storage = aStorage();
  storage.setItem('parley.theme', 'dark');
  new AccountStorage(ANN, storage).set('draft', 'hers');
  new AccountStorage(BOB, storage).set('draft', 'his');
  clearOtherAccounts(ANN, storage);
  expect(new AccountStorage(ANN, storage).get('draft')).toBe('hers');
  expect(new AccountStorage(BOB, storage).get('draft')).toBeNull();
  expect(storage.getItem('parley.theme')).toBe('dark');
});
