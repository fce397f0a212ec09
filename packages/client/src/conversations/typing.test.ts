import { type AccountId, type ConversationId, LIMITS } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Typing, type TypingMap } from './typing.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const C = 'c' as ConversationId;
const D = 'd' as ConversationId;
const ANN = 'ann' as AccountId;
const BOB = 'bob' as AccountId;

function aTracker() {
  const changes: TypingMap[] = [];
  const typing = new Typing((shown) => changes.push(shown));
  const shown = (conversation = C) => changes.at(-1)?.get(conversation);
  return { typing, changes, shown };
}

test('an own signal is due at most every 2.5 s per conversation', () => {
  const { typing } = aTracker();
  expect(typing.maySend(C)).toBe(true);
  expect(typing.maySend(C)).toBe(false);
  expect(typing.maySend(D)).toBe(true);
  vi.advanceTimersByTime(2_400);
  expect(typing.maySend(C)).toBe(false);
  vi.advanceTimersByTime(100);
  expect(typing.maySend(C)).toBe(true);
  typing.clear();
  expect(typing.maySend(C)).toBe(true);
});

test('a user is shown as typing until the last signal has expired', () => {
  const { typing, changes, shown } = aTracker();
  typing.started(C, ANN);
  expect(shown()).toEqual([ANN]);
  vi.advanceTimersByTime(LIMITS.typingMs / 2);
  typing.started(C, ANN);
  // A repeated signal changes nothing visible.
  expect(changes).toHaveLength(1);
  vi.advanceTimersByTime(LIMITS.typingMs - 1);
  expect(shown()).toEqual([ANN]);
  vi.advanceTimersByTime(100);
  expect(shown()).toBeUndefined();
  expect(changes.at(-1)?.has(C)).toBe(false);
});

test('everyone who types is shown in their conversation until their message arrives', () => {
  const { typing, changes, shown } = aTracker();
  typing.started(C, ANN);
  typing.started(C, BOB);
  typing.started(D, BOB);
  expect([shown(C), shown(D)]).toEqual([[ANN, BOB], [BOB]]);
  typing.stopped(C, ANN);
  expect([shown(C), shown(D)]).toEqual([[BOB], [BOB]]);
  const before = changes.length;
  typing.stopped(C, ANN);
  typing.stopped('other' as ConversationId, ANN);
  expect(changes).toHaveLength(before);
});

test('clearing drops all signals', () => {
  const { typing, shown } = aTracker();
  typing.started(C, ANN);
  typing.clear();
  typing.started(D, BOB);
  expect(shown(C)).toBeUndefined();
  typing.started(C, BOB);
  expect(shown(C)).toEqual([BOB]);
});
