import type { Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import { messageHash, messageOfHash, placeOf } from './message-hash.ts';

test('a fragment names a message, or none', () => {
  expect(messageOfHash(messageHash(12 as Seq))).toBe(12);
  expect(messageOfHash('#message-7')).toBe(7);
  for (const other of ['', 'message-', 'message-x', 'other-1', `message-${'9'.repeat(20)}`]) {
    expect(messageOfHash(other)).toBeNull();
  }
});

test('a reply that is only in a thread is shown there, and every other message in its conversation', () => {
  const place = (thread: number | null, alsoInConversation: boolean) =>
    placeOf({ seq: 12 as Seq, thread: thread as Seq | null, alsoInConversation });
  expect(place(null, false)).toEqual({ hash: 'message-12', search: {} });
  expect(place(7, true)).toEqual({ hash: 'message-12', search: {} });
  expect(place(7, false)).toEqual({ hash: 'message-12', search: { thread: 7 } });
});
