import { describe, expect, test, vi } from 'vitest';
import { UploadStarts } from './upload-starts.ts';

/** A promise and its resolver. */
function deferred() {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}
/** Lets everything that is ready run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('starts of uploads', () => {
  test('run one at a time per lock, and two in total', async () => {
    const starts = new UploadStarts();
    const end = deferred();
    const running: string[] = [];
    const all = ['a', 'a', 'b', 'c'].map((lock) =>
      starts.run(lock, async () => {
        running.push(lock);
        await end.promise;
      }),
    );
    await settled();
    expect(running).toEqual(['a', 'b']);
    end.resolve();
    await Promise.all(all);
    expect(running.toSorted()).toEqual(['a', 'a', 'b', 'c']);
  });

  test('are rejected only while too many are waiting', async () => {
    const starts = new UploadStarts();
    const end = deferred();
    const all = Array.from({ length: 60 }, () => starts.run('a', () => end.promise));
    const results = Promise.allSettled(all);
    end.resolve();
    const rejected = (await results).filter(({ status }) => status === 'rejected');
    expect(rejected).toHaveLength(9);
    expect(rejected[0]).toMatchObject({ reason: { refusal: { code: 'overloaded' } } });
    await expect(starts.run('a', async () => 'started')).resolves.toBe('started');
  });

  test('are rejected if they have waited for more than five seconds', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const starts = new UploadStarts();
      const end = deferred();
      const first = starts.run('a', () => end.promise);
      const inTime = starts.run('b', async () => 'started');
      const late = starts.run('a', async () => 'started');
      await expect(inTime).resolves.toBe('started');
      vi.advanceTimersByTime(5_001);
      end.resolve();
      await first;
      await expect(late).rejects.toMatchObject({ refusal: { code: 'overloaded', retryAfter: 5 } });
      await expect(starts.run('a', async () => 'started')).resolves.toBe('started');
    } finally {
      vi.useRealTimers();
    }
  });

  test('free their slot when they fail', async () => {
    const starts = new UploadStarts();
    for (let n = 0; n < 60; n++) {
      await expect(starts.run('a', () => Promise.reject(new Error('no database')))).rejects.toThrow(
        'no database',
      );
    }
    await expect(starts.run('a', async () => 'started')).resolves.toBe('started');
  });
});
