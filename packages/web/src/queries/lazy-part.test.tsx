import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lazyPart } from './lazy-part.tsx';

// The session, whose cache is loaded with each part.
beforeEach(() => vi.stubGlobal('location', { origin: 'http://localhost' }));
afterEach(() => vi.unstubAllGlobals());

test('a part whose code cannot be loaded ahead is not shown, and is loaded when it is wanted again', async () => {
  const load = vi
    .fn<() => Promise<() => null>>()
    .mockRejectedValueOnce(new TypeError('Failed to fetch dynamically imported module'))
    .mockResolvedValue(() => null);
  const part = lazyPart(load);
  const show = vi.fn();
  part.loadAhead(show);
  await expect.poll(() => load.mock.calls.length).toBe(1);
  await expect(load.mock.results[0]?.value).rejects.toThrow();
  expect(show).not.toHaveBeenCalled();

  part.loadAhead(show);
  await expect.poll(() => show.mock.calls.length).toBe(1);
  // Its code is there: it is shown at once.
  part.loadAhead(show);
  expect(show).toHaveBeenCalledTimes(2);
  expect(load).toHaveBeenCalledTimes(2);
});

test('without a network, a part is loaded only when it is needed', async () => {
  vi.stubGlobal('navigator', { onLine: false });
  const load = vi.fn(async () => () => null);
  const show = vi.fn();
  const part = lazyPart(load);
  part.loadAhead(show);
  expect(load).not.toHaveBeenCalled();
  part.loadAhead(show, 'needed');
  await expect.poll(() => show.mock.calls.length).toBe(1);
  // A service worker has the code.
  vi.stubGlobal('navigator', { onLine: false, serviceWorker: { controller: {} } });
  const other = lazyPart(load);
  other.loadAhead(show);
  await expect.poll(() => show.mock.calls.length).toBe(2);
});
