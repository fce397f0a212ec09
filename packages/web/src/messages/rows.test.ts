import type { TimelineMessage } from '@parley/client';
import type { AccountId, Seq } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RowBuilder, rowsOf } from './rows.ts';

const me = 'me' as AccountId;

function aMessage(seq: number, author: string, minute: number): TimelineMessage {
  return {
    conversation: 'c' as TimelineMessage['conversation'],
    seq: seq as Seq,
    author: author as AccountId,
    body: `message ${seq}`,
    postedAt: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
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
    state: 'stored',
    seenBy: [],
  };
}

const kinds = (rows: ReturnType<typeof rowsOf>) =>
  rows.flatMap((row) => {
    if (row.kind !== 'message') return [row.kind];
    return [...(row.isFirstUnread ? ['unread'] : []), row.first ? 'first' : 'further'];
  });

describe('rows', () => {
  test('group messages of one author within five minutes, split by day and by the line “New”', () => {
    const messages = [
      aMessage(1, 'ana', 0),
      aMessage(2, 'ana', 3),
      aMessage(3, 'ana', 20),
      aMessage(4, 'me', 21),
      aMessage(5, 'ben', 22),
      aMessage(6, 'ben', 2 * 24 * 60),
    ];
    const expected = [
      'day',
      'first',
      'further',
      'first',
      'first',
      'unread',
      'first',
      'day',
      'first',
    ];
    expect(kinds(rowsOf(messages, 3 as Seq, me))).toEqual(expected);
  });

  test('built incrementally equal rows built at once', () => {
    const list = fc.array(
      fc.record({ author: fc.constantFrom('me', 'ana', 'ben'), minute: fc.nat(5_000) }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(list, list, fc.option(fc.nat(30)), (start, then, read) => {
        const times = [...start, ...then].map((m) => m.minute).sort((a, b) => a - b);
        const all = [...start, ...then].map((m, i) => aMessage(i + 1, m.author, times[i] ?? 0));
        const readSeq = read as Seq | null;
        const builder = new RowBuilder();
        const changed = all.map((m, i) => (i === start.length - 1 ? { ...m, body: 'edited' } : m));
        for (const messages of [all.slice(0, start.length), all, changed, all.slice(2), changed]) {
          expect(builder.build(messages, readSeq, me)).toEqual(rowsOf(messages, readSeq, me));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the line “New” moves although the messages are the same', () => {
    const messages = [1, 2, 3].map((n) => aMessage(n, 'ana', n));
    const builder = new RowBuilder();
    for (const readSeq of [1, 2, null] as (Seq | null)[]) {
      expect(builder.build(messages, readSeq, me)).toEqual(rowsOf(messages, readSeq, me));
    }
  });
});
