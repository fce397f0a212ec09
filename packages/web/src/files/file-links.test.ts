import type { ParleyClient } from '@parley/client';
import type { FileId, FileLinks } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { linksOf } from './file-links.ts';

const HOUR = 3_600_000;
const fileOf = (n: number) => `file ${n}` as FileId;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T00:00:00.000Z') });
});
afterEach(() => vi.useRealTimers());

/** A client whose server has links to every file that is not excluded. */
function clientWithout(...excluded: readonly FileId[]) {
  const requests: (readonly FileId[])[] = [];
  const state = { isReachable: true };
  const fileLinks = async (files: readonly FileId[]) => {
    requests.push(files);
    if (!state.isReachable) throw new Error('offline');
    const expiresAt = new Date(Date.now() + HOUR).toISOString();
    const readable = files.filter((file) => !excluded.includes(file));
    return { items: readable.map((file) => ({ file, url: `/${file}`, expiresAt }) as FileLinks) };
  };
  return { client: { api: { fileLinks } } as unknown as ParleyClient, requests, state };
}

test('the links of files shown at the same time are requested together, each file once', async () => {
  const { client, requests } = clientWithout();
  const files = [1, 2, 1].map(fileOf);
  const links = await Promise.all(files.map((file) => linksOf(client, file)));
  expect(links.map((one) => one?.file)).toEqual(files);
  expect(requests).toEqual([[fileOf(1), fileOf(2)]]);
});

test('many links are requested in parts', async () => {
  const { client, requests } = clientWithout();
  const files = Array.from({ length: 120 }, (_, n) => fileOf(n));
  const links = await Promise.all(files.map((file) => linksOf(client, file)));
  expect(links.map((one) => one?.file)).toEqual(files);
  expect(requests.map(({ length }) => length)).toEqual([50, 50, 20]);
});

test('links are renewed five minutes before they expire', async () => {
  const { client, requests } = clientWithout();
  await linksOf(client, fileOf(1));
  vi.setSystemTime(Date.now() + HOUR - 5 * 60_000 - 1);
  await linksOf(client, fileOf(1));
  expect(requests).toHaveLength(1);
  vi.setSystemTime(Date.now() + 1);
  await linksOf(client, fileOf(1));
  expect(requests).toHaveLength(2);
});

test('a file that can’t be read is asked for again after ten seconds, after a failure at once', async () => {
  const { client, requests, state } = clientWithout(fileOf(1));
  expect(await linksOf(client, fileOf(1))).toBeNull();
  expect(await linksOf(client, fileOf(1))).toBeNull();
  expect(requests).toHaveLength(1);
  vi.setSystemTime(Date.now() + 10_000);
  state.isReachable = false;
  expect(await linksOf(client, fileOf(1))).toBeNull();
  expect(await linksOf(client, fileOf(2))).toBeNull();
  expect(requests).toHaveLength(3);
  state.isReachable = true;
  expect((await linksOf(client, fileOf(2)))?.file).toBe(fileOf(2));
});
