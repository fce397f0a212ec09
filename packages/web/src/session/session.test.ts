import 'fake-indexeddb/auto';
import type { Me } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { StorageForTests } from '../lib/storage-for-tests.ts';
import { readStored, writeStored } from './device.ts';
import {
  accountHere,
  currentLogin,
  type LoginKey,
  recordLogin,
  removeLogin,
} from './login-record.ts';

const [ann, bob] = [{ id: 'ann' }, { id: 'bob' }] as unknown as [Me, Me];
/** The page of this tab, and its document. */
const page = Object.assign(new EventTarget(), { document: new EventTarget() });

// Not removed at the end: the last update of a client comes after its session has ended. As in a hidden
// page, there are no frames.
Object.assign(globalThis, {
  requestAnimationFrame: () => 0,
  cancelAnimationFrame: () => undefined,
});

let sessions: typeof import('./session.ts');

beforeAll(async () => {
  stubBrowser();
  sessions = await import('./session.ts');
  await sessions.resumeSession();
});
beforeEach(stubBrowser);
afterEach(() => sessions.logout());
afterAll(() => vi.unstubAllGlobals());

/** A browser without a service worker, whose server cannot be reached. */
function stubBrowser(): void {
  vi.stubGlobal('localStorage', new StorageForTests());
  vi.stubGlobal('sessionStorage', new StorageForTests());
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('location', {
    origin: 'https://chat.example',
    pathname: '/',
    search: '',
    hash: '',
  });
  vi.stubGlobal('window', page);
  vi.stubGlobal('document', page.document);
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
}

/** Another tab of the browser has changed who is logged in. */
const changedElsewhere = (key: LoginKey | null) =>
  page.dispatchEvent(Object.assign(new Event('storage'), { key }));

const databases = async () => (await indexedDB.databases()).map(({ name }) => name);
const createDatabase = (name: string) =>
  new Promise<void>((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
  });

test('a login while the client is being loaded replaces the earlier one', async () => {
  const opening = sessions.startSession(ann);
  recordLogin(bob.id);
  await opening;
  expect(sessions.getSession()).toEqual({ state: 'out' });
});

test('a session that is open already is not opened again', async () => {
  await sessions.startSession(ann);
  const open = sessions.getSession();
  await sessions.resumeSession();
  expect(sessions.getSession()).toBe(open);
});

test('a session continues when the same account has logged in again in another tab', async () => {
  await sessions.startSession(ann);
  changedElsewhere(recordLogin(ann.id));
  expect(sessions.getSession()).toMatchObject({ state: 'in', account: ann.id });
});

test('a session is closed when its account was logged out in another tab', async () => {
  await sessions.startSession(ann);
  writeStored(ann.id, 'draft', 'hello');
  const { key } = currentLogin() as { key: LoginKey };
  removeLogin(key);
  changedElsewhere(key);
  expect(sessions.getSession()).toMatchObject({ state: 'out', notice: expect.any(String) });
  expect(readStored(ann.id, 'draft')).toBeNull();
});

test('a session continues when the storage of the browser is cleared', async () => {
  await sessions.startSession(ann);
  removeLogin(currentLogin()?.key as LoginKey);
  changedElsewhere(null);
  expect(sessions.getSession()).toMatchObject({ state: 'in', account: ann.id });
  expect(accountHere()).toBe(ann.id);
  await sessions.logout();
  expect(accountHere()).toBeNull();
});

test('a deleted account is no longer logged in in this browser', async () => {
  await sessions.startSession(ann);
  await sessions.accountDeleted();
  expect(sessions.getSession()).toMatchObject({ state: 'out', notice: expect.any(String) });
  expect(accountHere()).toBeNull();
});

test('logging out removes what other logouts have left behind', async () => {
  await sessions.startSession(ann);
  await vi.waitFor(async () => expect(await databases()).toEqual(['parley-ann']));
  await createDatabase('parley-bob');
  await sessions.logout();
  expect(await databases()).toEqual([]);
});
