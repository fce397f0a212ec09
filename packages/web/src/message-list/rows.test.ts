import type { TimelineMessage } from '@parley/client';
import type { AccountId, Seq, TimelineEvent } from '@parley/protocol';
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

/** An event that needs only its place. */
const anEvent = (seq: number, minute: number): TimelineEvent =>
  ({
    op: 'event',
    seq,
    type: 'member.left',
    at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
  }) as TimelineEvent;

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

  test('show events above the next message of their day, or below the one before', () => {
    const day = 24 * 60;
    const messages = [
      aMessage(3, 'ana', day),
      aMessage(5, 'ana', day + 1),
      aMessage(8, 'ana', 5 * day),
    ];
    const events = [
      ...[anEvent(1, 0), anEvent(2, day), anEvent(4, day)],
      ...[anEvent(6, 3 * day), anEvent(7, 5 * day), anEvent(9, 5 * day)],
    ];
    const all = rowsOf(messages, null, me, events);
    // The first one is the day of the earliest event.
    const days = all.filter((row) => row.kind === 'day').map(({ at }) => at);
    expect(days).toEqual([events[0]?.at, messages[2]?.postedAt]);
    const rows = all.filter((row) => row.kind === 'message');
    const shown = rows.map(({ first, eventsBefore, eventsAfter }) => ({
      first,
      before: eventsBefore?.map(({ seq }) => seq) ?? [],
      after: eventsAfter?.map(({ seq }) => seq) ?? [],
    }));
    expect(shown).toEqual([
      { first: true, before: [1, 2], after: [] },
      // Without its author, it would seem to belong to what happened.
      { first: true, before: [4], after: [6] },
      { first: true, before: [7], after: [9] },
    ]);
  });

  test('built incrementally with events equal rows built at once, and contain each event once', () => {
    const day = 24 * 60;
    const list = fc.array(
      fc.record({ isEvent: fc.boolean(), wait: fc.constantFrom(0, 3, day, 3 * day) }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(list, fc.nat(20), (stream, cut) => {
        let minute = 0;
        const all = stream.map(({ isEvent, wait }, i) => {
          minute += wait;
          return { isEvent, seq: i + 1, minute };
        });
        const messages = all.filter((e) => !e.isEvent).map((e) => aMessage(e.seq, 'ana', e.minute));
        const events = all.filter((e) => e.isEvent).map((e) => anEvent(e.seq, e.minute));
        const builder = new RowBuilder();
        for (const shown of [messages.slice(0, cut), messages, messages.slice(cut), messages]) {
          const rows = builder.build(shown, null, me, events);
          expect(rows).toEqual(rowsOf(shown, null, me, events));
          const seqs = rows.flatMap((row) =>
            row.kind === 'day' ? [] : [...(row.eventsBefore ?? []), ...(row.eventsAfter ?? [])],
          );
          expect(seqs).toEqual(shown.length > 0 ? events : []);
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
