import type { TimelineMessage, TimelineSnapshot } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Announcements } from './announcements.ts';

const ME = 'me';
const message = (seq: number, more: object = {}) =>
  ({ seq, author: 'mara', body: `m${seq}`, state: 'stored', deletedAt: null, ...more }) as never;
const upTo = (last: number, first = 1): TimelineMessage[] =>
  Array.from({ length: last - first + 1 }, (_, n) => message(first + n));
const snapshot = (
  messages: readonly TimelineMessage[],
  more: Partial<TimelineSnapshot> = {},
): TimelineSnapshot => ({
  messages,
  hasOlder: false,
  hasNewer: false,
  loading: null,
  error: null,
  ...more,
});

let said: string[];
let announcements: Announcements;
beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  announcements = new Announcements((what) =>
    said.push(what.kind === 'message' ? what.message.body : `${what.count} new`),
  );
});
afterEach(() => vi.useRealTimers());
const update = (messages: readonly TimelineMessage[], more?: Partial<TimelineSnapshot>) =>
  announcements.update(snapshot(messages, more), ME, null);

test('a message is announced at once', () => {
  update(upTo(2));
  update(upTo(3));
  expect(said).toEqual(['m3']);
});

test('a burst is announced as its first message and a summary of the others', () => {
  update([]);
  for (let last = 1; last <= 13; last++) update(upTo(last));
  expect(said).toEqual(['m1']);
  vi.advanceTimersByTime(3_000);
  expect(said).toEqual(['m1', '12 new']);
  update(upTo(14));
  expect(said).toEqual(['m1', '12 new']);
  vi.advanceTimersByTime(3_000);
  expect(said).toEqual(['m1', '12 new', 'm14']);
  vi.advanceTimersByTime(3_000);
  update(upTo(15));
  expect(said).toEqual(['m1', '12 new', 'm14', 'm15']);
});

test('messages missed while offline are announced as a summary', () => {
  update(upTo(2));
  update(upTo(42));
  expect(said).toEqual(['40 new']);
});

test('history is not announced, however it is loaded', () => {
  // The first page, older ones, a page in the middle, and a return to the end.
  update([], { loading: 'initial', hasOlder: true });
  update([], { hasOlder: true });
  update(upTo(100, 51), { hasOlder: true });
  update(upTo(100, 1));
  update(upTo(30, 20), { hasOlder: true, hasNewer: true });
  update(upTo(60, 20), { hasOlder: true, hasNewer: true });
  update(upTo(100, 20), { hasOlder: true });
  expect(said).toEqual([]);
  update(upTo(101, 20), { hasOlder: true });
  expect(said).toEqual(['m101']);
});

test('own, unsent and deleted messages are not announced', () => {
  update(upTo(1));
  const mine = message(2, { author: ME });
  const deleted = message(3, { deletedAt: '2026-01-01T00:00:00Z' });
  update([...upTo(1), mine, deleted, message(4, { state: 'pending' })]);
  expect(said).toEqual([]);
});

test('a reply in the open thread is announced only by the thread', () => {
  const root = 1 as Seq;
  const [before, reply] = [upTo(2), message(3, { thread: root, alsoInConversation: true })];
  const inThread = new Announcements((what) => said.push(`thread: ${what.kind}`));
  announcements.update(snapshot(before), ME, root);
  inThread.update(snapshot([]), ME, null);
  announcements.update(snapshot([...before, reply]), ME, root);
  inThread.update(snapshot([reply]), ME, null);
  expect(said).toEqual(['thread: message']);
  // The conversation announces replies in other threads.
  const other = message(4, { thread: 2 });
  announcements.update(snapshot([...before, reply, other]), ME, root);
  expect(said).toEqual(['thread: message', 'm4']);
});

test('nothing is announced after the conversation is closed', () => {
  update([]);
  update(upTo(1));
  update(upTo(5));
  announcements.stop();
  vi.advanceTimersByTime(10_000);
  expect(said).toEqual(['m1']);
});
