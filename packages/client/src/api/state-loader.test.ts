import { expect, test } from 'vitest';
import { StateLoader } from './state-loader.ts';

/** Returns a loader of a list whose requests are answered by the test. */
function opened() {
  const requests: { answer: (list: string[]) => void; fail: (error: Error) => void }[] = [];
  let list: string[] = [];
  const loader = new StateLoader<string[], string>({
    load: () => new Promise((answer, fail) => requests.push({ answer, fail })),
    replace: (answer) => {
      list = answer;
    },
    apply: (event) => {
      if (list.includes(event)) return false;
      list = [...list, event];
      return true;
    },
    changed: () => {},
  });
  return { loader, requests, list: () => list };
}

test('a load whose answer is out of date waits for the load that replaces it', async () => {
  const { loader, requests, list } = opened();
  const loading = loader.load();
  loader.applied('before the gap');
  loader.missed();
  loader.applied('after the gap');
  requests[0]?.answer(['old']);
  const isWaiting = await Promise.race([
    loading.then(() => false),
    new Promise((resolve) => setImmediate(resolve, true)),
  ]);
  expect(isWaiting).toBe(true);
  expect(loader.isLoaded).toBe(false);
  requests[1]?.answer(['new']);
  await loading;
  expect(list()).toEqual(['new', 'after the gap']);
  expect(requests).toHaveLength(2);
});

test('a load ends without a state when another account is started', async () => {
  const { loader, requests, list } = opened();
  const loading = loader.load();
  loader.clear();
  requests[0]?.answer(['of the first account']);
  await loading;
  expect(loader.isLoaded).toBe(false);
  expect(list()).toEqual([]);
  loader.retry();
  expect(requests).toHaveLength(1);
});

test('a failed load is retried on request', async () => {
  const { loader, requests, list } = opened();
  const loading = loader.load();
  requests[0]?.fail(new Error('unreachable'));
  await expect(loading).rejects.toThrow('unreachable');
  loader.retry();
  requests[1]?.answer(['loaded']);
  await loader.load();
  expect(list()).toEqual(['loaded']);
});
