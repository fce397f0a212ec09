import { QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pauseInTyping } from './pause-in-typing.ts';
import { makeQueryClient } from './query-client.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a text is not requested while typing continues', async () => {
  const request = vi.fn(async (text: string) => text);
  const optionsOf = (text: string) => ({
    queryKey: ['found', text],
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      await pauseInTyping(100, signal);
      return await request(text);
    },
  });
  const observer = new QueryObserver(makeQueryClient(), optionsOf('a'));
  const end = observer.subscribe(() => undefined);
  for (const text of ['an', 'ann']) {
    await vi.advanceTimersByTimeAsync(60);
    observer.setOptions(optionsOf(text));
  }
  await vi.advanceTimersByTimeAsync(100);
  expect(request.mock.calls).toEqual([['ann']]);
  expect(observer.getCurrentResult().data).toBe('ann');
  end();
});
