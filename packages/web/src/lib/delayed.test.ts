import { beforeEach, expect, test, vi } from 'vitest';
import { DelayedActions, flushWhenHidden, UNDO_MS } from './delayed.ts';

let actions: DelayedActions;
beforeEach(() => {
  actions = new DelayedActions();
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

test('an action runs once, when its delay has passed', () => {
  const run = vi.fn();
  actions.add('a', run);
  vi.advanceTimersByTime(UNDO_MS - 1);
  // Starting it again changes nothing.
  actions.add('a', run);
  expect(run).not.toHaveBeenCalled();
  expect(actions.has('a')).toBe(true);
  vi.advanceTimersByTime(1);
  expect(run).toHaveBeenCalledOnce();
  expect(actions.has('a')).toBe(false);
  vi.advanceTimersByTime(UNDO_MS);
  actions.flush();
  expect(run).toHaveBeenCalledOnce();
});

test('an undone action never runs, and can be started again', () => {
  const run = vi.fn();
  actions.add('a', run);
  actions.undo('a');
  vi.advanceTimersByTime(UNDO_MS);
  actions.flush();
  expect(run).not.toHaveBeenCalled();
  actions.add('a', run);
  vi.advanceTimersByTime(UNDO_MS);
  expect(run).toHaveBeenCalledOnce();
});

test('all actions run when the page is hidden', () => {
  const page = Object.assign(new EventTarget(), {
    visibilityState: 'visible',
    defaultView: new EventTarget(),
  });
  flushWhenHidden(actions, page as unknown as Document);
  const [a, b] = [vi.fn(), vi.fn()];
  actions.add('a', a);
  actions.add('b', b);
  page.dispatchEvent(new Event('visibilitychange'));
  expect(a).not.toHaveBeenCalled();
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  expect(a).toHaveBeenCalledOnce();
  expect(b).toHaveBeenCalledOnce();
  actions.add('c', a);
  page.defaultView.dispatchEvent(new Event('pagehide'));
  expect(a).toHaveBeenCalledTimes(2);
});

test('listeners are called on every change', () => {
  const listener = vi.fn();
  const stop = actions.subscribe(listener);
  actions.add('a', vi.fn());
  actions.undo('a');
  actions.add('b', vi.fn());
  actions.flush();
  expect(listener).toHaveBeenCalledTimes(4);
  stop();
  actions.add('c', vi.fn());
  expect(listener).toHaveBeenCalledTimes(4);
});
