import { expect, test } from 'vitest';
import { Listeners } from './listeners.ts';

test('calls no listener that an earlier one adds or removes', () => {
  const listeners = new Listeners();
  const called: string[] = [];
  let removeSecond: (() => void) | undefined;
  listeners.subscribe(() => {
    called.push('first');
    removeSecond?.();
    listeners.subscribe(() => called.push('added'));
  });
  removeSecond = listeners.subscribe(() => called.push('second'));
  listeners.notify();
  expect(called).toEqual(['first']);
});

test('is empty without listeners', () => {
  const listeners = new Listeners();
  expect(listeners.isEmpty).toBe(true);
  const unsubscribe = listeners.subscribe(() => undefined);
  expect(listeners.isEmpty).toBe(false);
  unsubscribe();
  expect(listeners.isEmpty).toBe(true);
});
