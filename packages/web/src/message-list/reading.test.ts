import type { TimelineMessage } from '@parley/client';
import type { AccountId, Seq } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { firstUnreadRow, readUpTo } from './reading.ts';
import type { Row } from './rows.ts';

const me = 'me' as AccountId;

const aRow = (seq: number, author = 'ana', state: TimelineMessage['state'] = 'stored'): Row => ({
  kind: 'message',
  key: String(seq),
  first: true,
  isFirstUnread: false,
  message: {
    conversation: 'c' as TimelineMessage['conversation'],
    seq: seq as Seq,
    author: author as AccountId,
    body: 'text',
    postedAt: '2026-01-01T00:00:00.000Z',
    editedAt: null,
    deletedAt: null,
    hiddenAt: null,
    changedSeq: seq as Seq,
    reactions: [],
    replyTo: null,
    thread: null,
    alsoInConversation: false,
    threadSummary: null,
    mentions: [],
    attachments: [],
    pinned: null,
    forwardedFrom: null,
    poll: null,
    previews: [],
    state,
    seenBy: [],
  },
});
const rows: Row[] = [
  { kind: 'day', key: 'day', at: '2026-11-27T10:00:00Z' },
  aRow(5),
  aRow(8, 'me'),
  aRow(9),
  aRow(12),
  aRow(Number.MAX_SAFE_INTEGER, 'me', 'pending'),
];
const visible = {
  rows,
  last: 3,
  readSeq: 5 as Seq,
  isPresent: true,
  isPlaced: true,
  hasUnreadAbove: false,
};

describe('readUpTo', () => {
  test('returns the last visible message', () => {
    expect(readUpTo(visible)).toBe(9);
    expect(readUpTo({ ...visible, last: 4 })).toBe(12);
    expect(readUpTo({ ...visible, last: 1 })).toBe(null);
    expect(readUpTo({ ...visible, last: 0 })).toBe(null);
  });

  test('skips messages that are not stored', () => {
    expect(readUpTo({ ...visible, last: 5 })).toBe(12);
    expect(readUpTo({ ...visible, last: 99 })).toBe(12);
  });

  test('never moves the read cursor back', () => {
    expect(readUpTo({ ...visible, readSeq: 9 as Seq })).toBe(null);
    expect(readUpTo({ ...visible, readSeq: 10 as Seq })).toBe(null);
  });

  test.each(['isPresent', 'isPlaced'] as const)('requires %s', (what) => {
    expect(readUpTo({ ...visible, [what]: false })).toBe(null);
  });

  test('moves nothing while unread messages are above the viewport', () => {
    expect(readUpTo({ ...visible, hasUnreadAbove: true })).toBe(null);
  });
});

describe('firstUnreadRow', () => {
  test('finds the first message from another account after the read cursor', () => {
    expect(firstUnreadRow(rows, 5 as Seq, me)).toBe(3);
    expect(firstUnreadRow(rows, 4 as Seq, me)).toBe(1);
    expect(firstUnreadRow(rows, 9 as Seq, me)).toBe(4);
    expect(firstUnreadRow(rows, 12 as Seq, me)).toBe(-1);
    expect(firstUnreadRow([], 0 as Seq, me)).toBe(-1);
  });
});
