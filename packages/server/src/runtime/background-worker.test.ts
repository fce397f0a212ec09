import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BackgroundWorker } from './background-worker.ts';

const POLL_MS = 30_000;
const RETRY_MS = 2_000;

/** A worker whose runs end when the test says so. */
function aWorker() {
  const runs: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const errors: unknown[] = [];
  let isStopped = () => false;
  const worker = new BackgroundWorker({
    work: (stopped) => {
      isStopped = stopped;
      return new Promise((resolve, reject) => runs.push({ resolve, reject }));
    },
    pollMs: POLL_MS,
    retryMs: RETRY_MS,
    onError: (error) => errors.push(error),
  });
  return {
    worker,
    errors,
    isStopped: () => isStopped(),
    /** The number of runs that have started. */
    started: () => runs.length,
    finish: async () => {
      runs.at(-1)?.resolve();
      await settle();
    },
    fail: async (error: Error) => {
      runs.at(-1)?.reject(error);
      await settle();
    },
  };
}

/** Runs everything that does not wait for a timer. */
const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a background worker', () => {
  test('runs at its start and at every interval', async () => {
    const w = aWorker();
    w.worker.start();
    expect(w.started()).toBe(1);
    await w.finish();
    await vi.advanceTimersByTimeAsync(POLL_MS - 1);
    expect(w.started()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(w.started()).toBe(2);
  });

  test('runs when it is woken, even before its start', async () => {
    const w = aWorker();
    w.worker.wake();
    await w.finish();
    w.worker.wake();
    expect(w.started()).toBe(2);
  });

  test('runs once more after the current run, however often it is woken during it', async () => {
    const w = aWorker();
    w.worker.wake();
    for (let i = 0; i < 3; i++) w.worker.wake();
    expect(w.started()).toBe(1);
    await w.finish();
    expect(w.started()).toBe(2);
    await w.finish();
    expect(w.started()).toBe(2);
  });

  test('does not start a second run at the interval while one is running', async () => {
    const w = aWorker();
    w.worker.start();
    await vi.advanceTimersByTimeAsync(3 * POLL_MS);
    expect(w.started()).toBe(1);
    await w.finish();
    expect(w.started()).toBe(2);
  });

  test('reports an error and runs again after the delay', async () => {
    const w = aWorker();
    w.worker.wake();
    const error = new Error('the database is unreachable');
    await w.fail(error);
    expect(w.errors).toEqual([error]);
    await vi.advanceTimersByTimeAsync(RETRY_MS - 1);
    expect(w.started()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(w.started()).toBe(2);
    await w.finish();
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect(w.started()).toBe(2);
  });

  test('runs at once after an error when it was woken during the run', async () => {
    const w = aWorker();
    w.worker.wake();
    w.worker.wake();
    await w.fail(new Error('the database is unreachable'));
    expect(w.started()).toBe(2);
  });

  test('tells the work to stop, and waits for its end', async () => {
    const w = aWorker();
    w.worker.start();
    w.worker.wake();
    let stopped = false;
    const stopping = w.worker.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect([w.isStopped(), stopped]).toEqual([true, false]);
    await w.finish();
    await stopping;
    expect(w.started()).toBe(1);
  });

  test('does not run after it was stopped', async () => {
    const w = aWorker();
    w.worker.start();
    await w.fail(new Error('the database is unreachable'));
    await w.worker.stop();
    w.worker.wake();
    w.worker.start();
    await vi.advanceTimersByTimeAsync(2 * POLL_MS);
    expect(w.started()).toBe(1);
  });

  test('does not retry a run that fails during the stop', async () => {
    const w = aWorker();
    w.worker.start();
    const stopping = w.worker.stop();
    await w.fail(new Error('the connection was closed'));
    await stopping;
    await vi.advanceTimersByTimeAsync(RETRY_MS);
    expect([w.started(), w.errors.length]).toEqual([1, 1]);
  });
});
