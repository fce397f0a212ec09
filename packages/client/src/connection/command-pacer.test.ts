import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CommandPacer } from './command-pacer.ts';

let sent: string[];
let pacer: CommandPacer;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  sent = [];
  pacer = new CommandPacer((text) => sent.push(text));
});
afterEach(() => void vi.useRealTimers());

const add = (tab: string, n: number) => pacer.add(tab, `${tab}${n}`, `${tab}${n}`);

test('commands are sent at once until the limits are known', () => {
  for (let n = 1; n <= 50; n++) add('a', n);
  expect(sent).toHaveLength(50);
});

test('tabs share the server’s limit, and take turns', () => {
  pacer.limit({ commands: 10, commandWindowMs: 10_000 });
  for (let n = 1; n <= 20; n++) add('a', n);
  expect(sent).toHaveLength(8);
  add('b', 1);
  add('b', 2);
  vi.advanceTimersByTime(5_100);
  expect(sent.slice(8)).toEqual(['a9', 'b1', 'a10', 'b2']);
  vi.advanceTimersByTime(60_000);
  expect(sent.filter((text) => text.startsWith('a'))).toEqual(
    Array.from({ length: 20 }, (_, n) => `a${n + 1}`),
  );
});

test('a command that is already waiting is sent once', () => {
  pacer.limit({ commands: 2, commandWindowMs: 1_000 });
  for (const n of [1, 2, 2]) add('a', n);
  vi.advanceTimersByTime(10_000);
  expect(sent).toEqual(['a1', 'a2']);
});

test('nothing is sent for a tab that has stopped following, nor on a lost connection', () => {
  pacer.limit({ commands: 2, commandWindowMs: 1_000 });
  for (const n of [1, 2]) add('a', n);
  add('b', 1);
  pacer.drop('a');
  vi.advanceTimersByTime(10_000);
  expect(sent).toEqual(['a1', 'b1']);
  for (const n of [2, 3]) add('b', n);
  pacer.stop();
  vi.advanceTimersByTime(10_000);
  expect(sent).toEqual(['a1', 'b1', 'b2']);
});

test('a pacer without a server limit passes everything', () => {
  pacer.limit({ commands: 0, commandWindowMs: 1_000 });
  for (let n = 1; n <= 50; n++) add('a', n);
  expect(sent).toHaveLength(50);
});

test('a deferred command goes before later waiting ones of its tab', () => {
  pacer.limit({ commands: 4, commandWindowMs: 4_000 });
  for (const n of [1, 2, 3, 4, 5]) add('a', n);
  expect(sent).toEqual(['a1', 'a2', 'a3']);
  pacer.answered('a1');
  // The server has deferred the second one, and the third one because of it.
  for (const n of [2, 3]) add('a', n);
  vi.advanceTimersByTime(20_000);
  expect(sent.slice(3)).toEqual(['a2', 'a3', 'a4', 'a5']);
  // An id whose command was permanently refused takes a new place.
  for (const n of [4, 5, 1]) add('a', n);
  vi.advanceTimersByTime(20_000);
  expect(sent.slice(7)).toEqual(['a4', 'a5', 'a1']);
});
