import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isLoadingAnnounced, placeholderShown } from './loading-status.tsx';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('loading is announced when it takes longer than a moment, until everything is loaded', () => {
  const quick = placeholderShown();
  vi.advanceTimersByTime(499);
  quick();
  vi.advanceTimersByTime(1_000);
  expect(isLoadingAnnounced()).toBe(false);
  const [page, list] = [placeholderShown(), placeholderShown()];
  vi.advanceTimersByTime(300);
  // A placeholder that is replaced by another one does not start again.
  const rows = placeholderShown();
  page();
  vi.advanceTimersByTime(200);
  expect(isLoadingAnnounced()).toBe(true);
  list();
  expect(isLoadingAnnounced()).toBe(true);
  rows();
  expect(isLoadingAnnounced()).toBe(false);
});
