import { beforeEach, expect, test, vi } from 'vitest';
import type { HighlightReport, HighlightRequest } from './highlight.worker.ts';
import { HIGHLIGHT_MS, Highlighter, type HighlightWorker } from './highlighter.ts';
import type { Token } from './tokens.ts';

/** A worker whose reports the test controls. */
class ManualWorker implements HighlightWorker {
  static started: ManualWorker[] = [];
  onmessage: HighlightWorker['onmessage'] = null;
  onerror: HighlightWorker['onerror'] = null;
  readonly requests: HighlightRequest[] = [];
  isTerminated = false;

  constructor() {
    ManualWorker.started.push(this);
  }

  postMessage(request: HighlightRequest): void {
    this.requests.push(request);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  report(data: HighlightReport): void {
    this.onmessage?.({ data } as MessageEvent<HighlightReport>);
  }

  done(...tokens: Token[]): void {
    this.report({ state: 'done', tokens });
  }
}

const worker = (n = 0): ManualWorker => {
  const found = ManualWorker.started[n];
  if (!found) throw new Error('No such worker was started');
  return found;
};

let highlighter: Highlighter;
beforeEach(() => {
  ManualWorker.started = [];
  highlighter = new Highlighter(() => new ManualWorker());
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

const A: Token = ['a', 'keyword'];

test('texts are highlighted one after the other, and each only once', () => {
  const found = vi.fn();
  const again = vi.fn();
  const other = vi.fn();
  highlighter.request('go', 'a', found);
  highlighter.request('go', 'a', again);
  highlighter.request('rust', 'a', other);
  expect(worker().requests).toEqual([{ language: 'go', text: 'a' }]);
  worker().done(A);
  expect(found).toHaveBeenCalledExactlyOnceWith([A]);
  expect(again).toHaveBeenCalledExactlyOnceWith([A]);
  expect(worker().requests[1]).toEqual({ language: 'rust', text: 'a' });
  worker().done();
  expect(other).toHaveBeenCalledExactlyOnceWith([]);
  const known = vi.fn();
  highlighter.request('go', 'a', known);
  expect(known).toHaveBeenCalledExactlyOnceWith([A]);
  expect(highlighter.cachedTokens('go', 'a')).toEqual([A]);
  expect(ManualWorker.started).toHaveLength(1);
});

test('terminates a worker that takes too long, leaves that text plain and continues', () => {
  const slow = vi.fn();
  const next = vi.fn();
  highlighter.request('go', 'slow', slow);
  highlighter.request('go', 'next', next);
  // Loading a grammar has no time limit.
  vi.advanceTimersByTime(HIGHLIGHT_MS * 10);
  expect(slow).not.toHaveBeenCalled();
  worker().report({ state: 'started' });
  vi.advanceTimersByTime(HIGHLIGHT_MS);
  expect(worker().isTerminated).toBe(true);
  expect(slow).toHaveBeenCalledExactlyOnceWith(null);
  expect(highlighter.cachedTokens('go', 'slow')).toBeNull();
  worker(1).report({ state: 'started' });
  worker(1).done(A);
  expect(next).toHaveBeenCalledExactlyOnceWith([A]);
  vi.advanceTimersByTime(HIGHLIGHT_MS);
  expect(worker(1).isTerminated).toBe(false);
});

test('code that is no longer requested is not highlighted', () => {
  const gone = vi.fn();
  highlighter.request('go', 'first', vi.fn());
  const cancel = highlighter.request('go', 'gone', gone);
  highlighter.request('go', 'last', vi.fn());
  cancel();
  worker().done();
  expect(worker().requests.map(({ text }) => text)).toEqual(['first', 'last']);
  worker().done();
  expect(gone).not.toHaveBeenCalled();
});

test('a bounded amount of results is cached', () => {
  const text = (n: number) => `${n}`.padEnd(16_000, 'x');
  for (let n = 0; n < 50; n++) {
    highlighter.request('go', text(n), vi.fn());
    worker().done(A);
  }
  expect(highlighter.cachedTokens('go', text(49))).toEqual([A]);
  expect(highlighter.cachedTokens('go', text(0))).toBeUndefined();
});

test('everything stays plain where no worker can be started', () => {
  const blocked = new Highlighter(() => {
    throw new TypeError('blocked');
  });
  const found = vi.fn();
  blocked.request('go', 'a', found);
  expect(found).toHaveBeenCalledExactlyOnceWith(null);
});
