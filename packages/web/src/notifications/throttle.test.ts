import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Throttle } from './throttle.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function aThrottle() {
  const calls: (readonly string[])[] = [];
  return { calls, throttle: new Throttle<string>(1_000, (keys) => calls.push(keys)) };
}

test('the first key is reported at once, then all keys of an interval together', () => {
  const { calls, throttle } = aThrottle();
  throttle.add('a');
  expect(calls).toEqual([['a']]);
  for (const key of ['b', 'c', 'b', 'd']) throttle.add(key);
  expect(calls).toHaveLength(1);
  vi.advanceTimersByTime(1_000);
  expect(calls).toEqual([['a'], ['c', 'b', 'd']]);
  throttle.add('e');
  vi.advanceTimersByTime(1_000);
  expect(calls.at(-1)).toEqual(['e']);
});

test('after an interval without keys the next key is reported at once', () => {
  const { calls, throttle } = aThrottle();
  throttle.add('a');
  vi.advanceTimersByTime(1_000);
  throttle.add('b');
  expect(calls).toEqual([['a'], ['b']]);
});

test('keys removed while they wait are not reported', () => {
  const { calls, throttle } = aThrottle();
  for (const key of ['a', 'b', 'c']) throttle.add(key);
  throttle.delete('b');
  vi.advanceTimersByTime(1_000);
  expect(calls).toEqual([['a'], ['c']]);
  throttle.add('d');
  throttle.clear();
  vi.advanceTimersByTime(10_000);
  expect(calls).toHaveLength(2);
});

test('an interval that was ended early does not end the next one', () => {
  const { calls, throttle } = aThrottle();
  throttle.add('a');
  vi.advanceTimersByTime(600);
  throttle.clear();
  throttle.add('b');
  vi.advanceTimersByTime(600);
  throttle.add('c');
  expect(calls).toEqual([['a'], ['b']]);
  vi.advanceTimersByTime(400);
  expect(calls).toEqual([['a'], ['b'], ['c']]);
});
