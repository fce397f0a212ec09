import type { AccountId, EventType, Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { applyRedactions, endsMembership, runsOfType } from './event-visibility.ts';
import { Projections, type ProjectionTable } from './projections.ts';
import type { StoredEvent } from './record.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;
const TYPES = ['message.posted', 'message.deleted', 'reaction.added'] as const;

const event = (seq: number, type: string, data: object = {}): StoredEvent => ({
  stream: '01890000-0000-7000-8000-000000000001' as StreamId,
  seq: seq as Seq,
  type: type as EventType,
  actor: ann,
  client: null,
  at: '2026-01-01T00:00:00.000Z',
  data: JSON.stringify(data),
});
const someEvents = fc
  .array(fc.constantFrom(...TYPES), { maxLength: 12 })
  .map((types) => types.map((type, n) => event(n + 1, type)));

/** Records the seqs that a function was called with. */
function recorder() {
  const calls: number[][] = [];
  const record = (_tx: unknown, events: readonly StoredEvent[]): void => {
    calls.push(events.map((e) => e.seq));
  };
  return { calls, record };
}
const unused = { issue: () => expect.fail('nothing is issued here') };

test('only consecutive events of one type are handled together', () => {
  fc.assert(
    fc.property(someEvents, (events) => {
      const runs = [...runsOfType(events)];
      expect(runs.flat()).toEqual(events);
      for (const run of runs) expect(new Set(run.map((e) => e.type)).size).toBe(1);
      for (const [n, run] of runs.entries()) expect(run[0]?.type).not.toBe(runs[n - 1]?.[0]?.type);
    }),
  );
});

test('projections receive the events of their types in order, and no others', () => {
  fc.assert(
    fc.property(someEvents, (events) => {
      const { calls, record } = recorder();
      const table: Partial<ProjectionTable> = {
        'message.posted': record,
        'message.deleted': record,
        'reaction.added': 'none',
      };
      new Projections(table as ProjectionTable).apply(unused, events);
      const projected = events.filter((e) => e.type !== 'reaction.added').map((e) => e.seq);
      expect(calls.flat()).toEqual(projected);
    }),
  );
});

test('only events that remove text from earlier ones are redacted', () => {
  const { calls, record } = recorder();
  const visibility = {
    ...EVENT_VISIBILITY,
    'message.deleted': { endsMembershipOf: null, redact: record },
  };
  const types = ['message.posted', 'message.deleted', 'message.deleted', 'of a newer version'];
  applyRedactions(
    visibility,
    unused,
    [...types, 'message.deleted'].map((type, n) => event(n + 1, type)),
  );
  expect(calls).toEqual([[2, 3], [5]]);
});

describe('a membership', () => {
  const ends = (e: StoredEvent, account: AccountId) => endsMembership(EVENT_VISIBILITY, e, account);

  test('`member.left` ends the membership of that member only', () => {
    const left = event(1, 'member.left', { account: bob });
    expect([ends(left, bob), ends(left, ann)]).toEqual([true, false]);
  });

  test('the deletion of a conversation ends the membership of all members', () => {
    const deleted = event(1, 'conversation.deleted');
    expect([ends(deleted, bob), ends(deleted, ann)]).toEqual([true, true]);
  });

  test('other events, damaged ones and those of a newer version end no membership', () => {
    for (const data of [{}, { account: 'damaged' }, { account: null }]) {
      expect(ends(event(1, 'member.left', data), bob)).toBe(false);
    }
    for (const type of ['message.posted', 'member.banned', 'of a newer version']) {
      expect(ends(event(1, type, { account: bob }), bob)).toBe(false);
    }
  });
});
