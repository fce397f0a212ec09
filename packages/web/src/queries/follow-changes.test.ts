import { NO_ACTIVITY, NO_OPEN_REPORTS } from '@parley/client';
import type { Event } from '@parley/protocol';
import { InfiniteQueryObserver, QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Changes, followChanges } from './follow-changes.ts';
import { keys } from './keys.ts';
import { pagesQuery } from './pages-query.ts';
import { makeQueryClient } from './query-client.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A client whose events and snapshot the test controls. */
function changesOf() {
  const listeners = {
    event: new Set<(event: Event) => void>(),
    snapshot: new Set<() => void>(),
    reset: new Set<() => void>(),
    draft: new Set<() => void>(),
  };
  const listen = <T>(to: Set<T>, listener: T) => {
    to.add(listener);
    return () => to.delete(listener);
  };
  let snapshot: Changes['snapshot'] = {
    state: 'connecting',
    activity: NO_ACTIVITY,
    openReports: NO_OPEN_REPORTS,
  };
  const changes: Changes = {
    get snapshot() {
      return snapshot;
    },
    onEvent: (listener) => listen(listeners.event, listener),
    on: (kind, listener) => listen(listeners[kind], listener as () => void),
    subscribe: (listener) => listen(listeners.snapshot, listener),
  };
  return {
    changes,
    listeners,
    applied: (type: Event['type'], data = {}) => {
      for (const listener of listeners.event)
        listener({ type, data, stream: 's' } as unknown as Event);
    },
    become: (next: Partial<Changes['snapshot']>) => {
      snapshot = { ...snapshot, ...next };
      for (const listener of listeners.snapshot) listener();
    },
    tell: (kind: 'reset' | 'draft') => {
      for (const listener of listeners[kind]) listener();
    },
  };
}

/** Shows a query, and counts its requests. */
function shown(of: ReturnType<typeof makeQueryClient>, queryKey: readonly unknown[]) {
  const queryFn = vi.fn(async () => 'data');
  new QueryObserver(of, { queryKey, queryFn }).subscribe(() => undefined);
  return queryFn;
}

async function started() {
  const queryClient = makeQueryClient();
  const source = changesOf();
  const end = followChanges(source.changes, queryClient);
  const threads = shown(queryClient, keys.threads());
  const drafts = shown(queryClient, keys.drafts());
  await vi.advanceTimersByTimeAsync(0);
  return { ...source, queryClient, end, threads, drafts };
}

test('many events are one request at once, and one after half a second', async () => {
  const { applied, threads, drafts } = await started();
  for (let n = 0; n < 100; n++) applied('thread.followed');
  await vi.advanceTimersByTimeAsync(0);
  expect(threads).toHaveBeenCalledTimes(2);
  // Requested even though they do not stop.
  for (let n = 0; n < 10; n++) {
    applied('thread.followed');
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(threads).toHaveBeenCalledTimes(4);
  expect(drafts).toHaveBeenCalledTimes(1);
});

test('a list makes at most two requests a second, however many pages it has, without delaying others', async () => {
  const { applied, become, threads, queryClient } = await started();
  const read = vi.fn(async (after = 0) => ({ items: [after], next: after + 1 }));
  const list = new InfiniteQueryObserver(
    queryClient,
    pagesQuery(keys.activity({}), read, (item) => item),
  );
  list.subscribe(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  for (let page = 1; page < 10; page++) await list.fetchNextPage();
  read.mockClear();
  for (let revision = 1; revision <= 200; revision++) {
    become({ activity: { ...NO_ACTIVITY, revision } });
    await vi.advanceTimersByTimeAsync(100);
  }
  // All pages at once, and every five seconds.
  expect(read.mock.calls.length).toBeLessThanOrEqual(50);
  expect(read.mock.calls.length).toBeGreaterThanOrEqual(40);
  applied('thread.followed');
  await vi.advanceTimersByTimeAsync(0);
  expect(threads).toHaveBeenCalledTimes(2);
  // The last change is shown too.
  await vi.advanceTimersByTimeAsync(10_000);
  expect(read).toHaveBeenCalledTimes(50);
});

test('drafts and revisions of the SDK are followed', async () => {
  const { become, tell, drafts, queryClient } = await started();
  const activity = shown(queryClient, keys.activity({ unread: true }));
  const reports = shown(queryClient, keys.reports(null));
  await vi.advanceTimersByTimeAsync(0);
  tell('draft');
  become({ activity: { ...NO_ACTIVITY, revision: 1 } });
  become({ openReports: { ...NO_OPEN_REPORTS, revision: 1 } });
  await vi.advanceTimersByTimeAsync(500);
  for (const request of [drafts, activity, reports]) expect(request).toHaveBeenCalledTimes(2);
});

test('everything is refetched after a reconnection and after skipped events, not after the first connection', async () => {
  const { become, tell, threads, drafts } = await started();
  become({ state: 'live' });
  await vi.advanceTimersByTimeAsync(500);
  expect(threads).toHaveBeenCalledTimes(1);
  become({ state: 'offline' });
  become({ state: 'live' });
  await vi.advanceTimersByTimeAsync(500);
  expect(threads).toHaveBeenCalledTimes(2);
  tell('reset');
  await vi.advanceTimersByTimeAsync(500);
  expect(threads).toHaveBeenCalledTimes(3);
  expect(drafts).toHaveBeenCalledTimes(3);
});

test('nothing is requested once it has ended', async () => {
  const { applied, end, threads, listeners } = await started();
  applied('thread.followed');
  end();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(threads).toHaveBeenCalledTimes(1);
  expect(Object.values(listeners).map(({ size }) => size)).toEqual([0, 0, 0, 0]);
});
