import { NO_ACTIVITY, NO_OPEN_REPORTS } from '@parley/client';
import { onlineManager, QueryObserver } from '@tanstack/react-query';
import { afterEach, expect, test, vi } from 'vitest';
import type { Changes } from './follow-changes.ts';
import { keys } from './keys.ts';
import { cacheOf } from './session-cache.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  onlineManager.setOnline(true);
});

/** The client of a session, whose connection the test decides. */
function session() {
  const listeners = new Set<() => void>();
  let state: Changes['snapshot']['state'] = 'connecting';
  const client: Changes = {
    get snapshot() {
      return { state, activity: NO_ACTIVITY, openReports: NO_OPEN_REPORTS };
    },
    onEvent: () => () => undefined,
    on: () => () => undefined,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const become = (next: typeof state) => {
    state = next;
    for (const listener of listeners) listener();
  };
  return { client, become, ended: new AbortController() };
}

test('the end of a session empties its cache and aborts its requests, and the next one has its own', async () => {
  vi.stubGlobal('navigator', { onLine: true });
  const { client, ended } = session();
  const cache = cacheOf(client, ended.signal);
  cache.setQueryData(keys.drafts(), 'Drafts of Ann');
  const signals: AbortSignal[] = [];
  const queryFn = ({ signal }: { signal: AbortSignal }) => {
    signals.push(signal);
    return new Promise<string>(() => undefined);
  };
  new QueryObserver(cache, { queryKey: keys.saved(), queryFn }).subscribe(() => undefined);
  await vi.waitFor(() => expect(signals).toHaveLength(1));
  ended.abort();
  expect(signals[0]?.aborted).toBe(true);
  expect(cache.getQueryCache().getAll()).toEqual([]);

  const next = session();
  const nextCache = cacheOf(next.client, next.ended.signal);
  expect(nextCache).not.toBe(cache);
  expect(nextCache.getQueryData(keys.drafts())).toBeUndefined();
  expect(cacheOf(next.client, next.ended.signal)).toBe(nextCache);
});

test('a query waits while there is no network, and is requested once the connection is there', async () => {
  // The browser never says that it is online again.
  vi.stubGlobal('navigator', { onLine: false });
  const { client, become, ended } = session();
  const cache = cacheOf(client, ended.signal);
  cache.mount();
  const queryFn = vi.fn(async () => 'found');
  const observer = new QueryObserver(cache, { queryKey: keys.saved(), queryFn });
  const end = observer.subscribe(() => undefined);
  expect(observer.getCurrentResult().fetchStatus).toBe('paused');
  expect(queryFn).not.toHaveBeenCalled();
  become('live');
  await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('found'));
  end();
  cache.unmount();
  ended.abort();
});
