import type { Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import { messageHash, messageOfHash } from './message-hash.ts';

test('a fragment names a message, or none', () => {
  expect(messageOfHash(messageHash(12 as Seq))).toBe(12);
  expect(messageOfHash('#message-7')).toBe(7);
  for (const other of ['', 'message-', 'message-x', 'other-1', `message-${'9'.repeat(20)}`]) {
    expect(messageOfHash(other)).toBeNull();
  }
});
