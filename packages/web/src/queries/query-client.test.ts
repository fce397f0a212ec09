import { ApiError } from '@parley/client';
import { InfiniteQueryObserver, QueryObserver } from '@tanstack/react-query';
import { describe, expect, test, vi } from 'vitest';
import { pagesQuery } from './pages-query.ts';
import { isRetried, makeQueryClient, refresh, retryDelay } from './query-client.ts';

/** Answers controlled by the test, one for each request. */
function requests<T>() {
  const made: { signal: AbortSignal; answer: (value: T) => void }[] = [];
  const queryFn = ({ signal }: { signal: AbortSignal }) =>
    new Promise<T>((answer) => made.push({ signal, answer }));
  return { made, queryFn };
}

describe('a failed request', () => {
  const refusal = (status: number, code: ApiError['code'], retryAfter?: number) =>
    new ApiError(code, 'Refused', { status, retryAfter });

  test.each([
    ['forbidden', refusal(403, 'forbidden')],
    ['unknown', refusal(404, 'not_found')],
    ['over a limit', refusal(429, 'rate_limited', 1)],
    ['answered by a proxy with an error of the client', refusal(407, 'network')],
    ['a bug of the client', new TypeError('x is undefined')],
  ])('is not repeated if it was %s', (_, error) => {
    expect(isRetried(0, error)).toBe(false);
  });

  test('a failed request is retried twice if the server was unreachable, or could not handle it', () => {
    for (const error of [refusal(0, 'network'), refusal(502, 'network')]) {
      expect([0, 1, 2].map((failures) => isRetried(failures, error))).toEqual([true, true, false]);
    }
  });

  test('a failed request is retried when the server says, unless that is too late', () => {
    const soon = refusal(503, 'unavailable', 3);
    expect(isRetried(0, soon)).toBe(true);
    expect(retryDelay(0, soon)).toBe(3_000);
    expect(isRetried(0, refusal(503, 'unavailable', 60))).toBe(false);
  });

  test('a failed request is retried with increasing delays', () => {
    const delays = [0, 1].map((failures) => retryDelay(failures, refusal(0, 'network')));
    expect(delays).toEqual([500, 1_000]);
  });
});

describe('a query', () => {
  test('a query that is no longer shown is aborted', async () => {
    const client = makeQueryClient();
    const { made, queryFn } = requests<string>();
    const end = new QueryObserver(client, { queryKey: ['a'], queryFn }).subscribe(() => undefined);
    await vi.waitFor(() => expect(made).toHaveLength(1));
    expect(made[0]?.signal.aborted).toBe(false);
    end();
    expect(made[0]?.signal.aborted).toBe(true);
  });

  test('a query of an earlier filter never replaces the results of a newer one', async () => {
    const client = makeQueryClient();
    const { made, queryFn } = requests<string>();
    const observer = new QueryObserver(client, { queryKey: ['list', 'former'], queryFn });
    const end = observer.subscribe(() => undefined);
    await vi.waitFor(() => expect(made).toHaveLength(1));
    observer.setOptions({ queryKey: ['list', 'newer'], queryFn });
    await vi.waitFor(() => expect(made).toHaveLength(2));
    made[1]?.answer('newer');
    await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('newer'));
    made[0]?.answer('former');
    await Promise.resolve();
    expect(observer.getCurrentResult().data).toBe('newer');
    expect(made[0]?.signal.aborted).toBe(true);
    end();
  });
});

describe('a refresh', () => {
  test('refetches displayed data, and drops the rest', async () => {
    const client = makeQueryClient();
    client.setQueryData(['list', 'hidden'], 'outdated');
    client.setQueryData(['other'], 'kept');
    const queryFn = vi.fn(async () => 'now');
    const observer = new QueryObserver(client, { queryKey: ['list', 'shown'], queryFn });
    const end = observer.subscribe(() => undefined);
    await vi.waitFor(() => expect(observer.getCurrentResult().data).toBe('now'));
    await refresh(client, { queryKey: ['list'] });
    expect(queryFn).toHaveBeenCalledTimes(2);
    expect(client.getQueryData(['list', 'hidden'])).toBeUndefined();
    expect(client.getQueryData(['other'])).toBe('kept');
    end();
  });

  test('refetches requests in flight, whose answers may be from before the change', async () => {
    const client = makeQueryClient();
    const { made, queryFn } = requests<string>();
    const observer = new QueryObserver(client, { queryKey: ['list'], queryFn });
    const end = observer.subscribe(() => undefined);
    await vi.waitFor(() => expect(made).toHaveLength(1));
    const refreshed = refresh(client, { queryKey: ['list'] });
    made[0]?.answer('before');
    await vi.waitFor(() => expect(made).toHaveLength(2));
    made[1]?.answer('after');
    await refreshed;
    expect(observer.getCurrentResult().data).toBe('after');
    end();
  });

  test('lets a request for the next page of a list continue', async () => {
    const client = makeQueryClient();
    const asked: (number | undefined)[] = [];
    let answer = () => {};
    const query = pagesQuery(
      ['list'],
      async (after: number | undefined) => {
        asked.push(after);
        if (asked.length === 2) await new Promise<void>((resolve) => (answer = resolve));
        return after === undefined ? { items: [1, 2], next: 2 } : { items: [3], next: null };
      },
      (n) => n,
    );
    const observer = new InfiniteQueryObserver(client, query);
    const end = observer.subscribe(() => undefined);
    await vi.waitFor(() => expect(observer.getCurrentResult().hasNextPage).toBe(true));
    const more = observer.fetchNextPage();
    const refreshed = refresh(client, { queryKey: ['list'] });
    answer();
    await Promise.all([more, refreshed]);
    expect(observer.getCurrentResult().data?.items).toEqual([1, 2, 3]);
    expect(asked).toEqual([undefined, 2, undefined, 2]);
    end();
  });
});
