import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { attentionOf, useAttention } from './attention.ts';
import { type RenderedHook, renderHook, windowForHooks } from './render-hook-for-tests.ts';

/** After this time without input the user may be away, ms. */
const IDLE = 60_000;

const page = { hasFocus: true, isVisible: true };
const listeners = new Map<string, Set<() => void>>();
const addEventListener = (type: string, listener: () => void) =>
  void listeners.set(type, (listeners.get(type) ?? new Set()).add(listener));
const removeEventListener = (type: string, listener: () => void) =>
  void listeners.get(type)?.delete(listener);
let hook: RenderedHook<null, string>;

beforeEach(async () => {
  Object.assign(page, { hasFocus: true, isVisible: true });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('window', { ...windowForHooks, addEventListener, removeEventListener });
  vi.stubGlobal('document', {
    get visibilityState() {
      return page.isVisible ? 'visible' : 'hidden';
    },
    hasFocus: () => page.hasFocus,
    addEventListener,
    removeEventListener,
  });
  hook = await renderHook(useAttention, null);
});
afterEach(async () => {
  await hook.unmount();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => hook.change(() => vi.advanceTimersByTimeAsync(ms));
const dispatch = (type: string) =>
  hook.change(() => {
    for (const listener of listeners.get(type) ?? []) listener();
  });

test.each([
  ['present', true, true, 0],
  ['present', true, true, IDLE - 1],
  ['idle', true, true, IDLE],
  ['elsewhere', false, true, 0],
  ['elsewhere', true, false, 0],
])('is %s when visible is %s, focused is %s, and the last input %s ms ago', (...given) => {
  const [expected, isVisible, hasFocus, sinceInput] = given;
  expect(attentionOf({ isVisible, hasFocus, sinceInput })).toBe(expected);
});

test('ends a minute after the last input, and returns with the next one', async () => {
  expect(hook.result).toBe('present');
  await pass(IDLE - 1_000);
  await dispatch('pointermove');
  await pass(IDLE - 1_000);
  expect(hook.result).toBe('present');
  await pass(1_001);
  expect(hook.result).toBe('idle');
  await dispatch('keydown');
  expect(hook.result).toBe('present');
  await pass(IDLE + 1);
  expect(hook.result).toBe('idle');
});

test('is elsewhere while the page is hidden or another window is in front', async () => {
  page.hasFocus = false;
  await dispatch('blur');
  expect(hook.result).toBe('elsewhere');
  page.hasFocus = true;
  await dispatch('focus');
  expect(hook.result).toBe('present');
  page.isVisible = false;
  await dispatch('visibilitychange');
  expect(hook.result).toBe('elsewhere');
});

test('leaves no listeners and no timer behind', async () => {
  expect([...listeners.values()].every((of) => of.size === 1)).toBe(true);
  await hook.unmount();
  expect([...listeners.values()].every((of) => of.size === 0)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});
