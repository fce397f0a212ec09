import { type Event, SYSTEM } from '@parley/protocol';
import { expect, test } from 'vitest';
import type { HistoryRecord } from '../history/history.ts';
import { checkRetention } from './check-retention.ts';
import { Log } from './log.ts';

const START = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;
type Entry = readonly [days: number, type: string, data: object, actor?: string];

/** Returns what is wrong in a group with these events, at these times in days. */
function wrongIn(entries: readonly Entry[], searchedAfter?: number): string[] {
  const events = entries.map(([days, type, data, actor = 'ann'], n) => {
    const at = new Date(START + days * DAY_MS).toISOString();
    return { op: 'event', stream: 'group', seq: n + 1, type, at, actor, client: null, data };
  }) as unknown as Event[];
  const log = new Log({ kind: 'log', stream: 'group', first: 1, events });
  const history: HistoryRecord[] =
    searchedAfter === undefined
      ? []
      : [{ kind: 'expired', at: new Date(START + searchedAfter * DAY_MS).toISOString(), t: 0 }];
  return checkRetention(history, new Map([['group', log]])).map(({ what }) => what);
}

const keep = (retention: number | 'keep', at = 0): Entry => [
  at,
  'conversation.updated',
  { retention },
];
const post = (at: number): Entry => [at, 'message.posted', { body: '' }];
const expire = (at: number, message: number): Entry => [at, 'message.deleted', { message }, SYSTEM];

test('messages that expire in their order, after the period of the group, are accepted', () => {
  const log = [keep(2), post(0), post(1), expire(2.1, 2), keep(1, 2.2), expire(2.3, 3), post(3)];
  expect(wrongIn(log, 3.5)).toEqual([]);
});

test('messages that expire although they are kept are reported', () => {
  expect(wrongIn([keep(2), post(0), expire(1.5, 2)])).toEqual([
    'message 2 expired after 1.5 days instead of 2',
  ]);
  expect(wrongIn([keep(1), post(0), keep('keep', 1), expire(1.5, 2)])).toEqual([
    'message 2 expired, but is kept forever',
  ]);
  expect(wrongIn([keep(1), post(0), post(0), expire(1.5, 3)])).toEqual([
    'message 3 expired before message 2',
  ]);
});

test('a message that has expired before the last search and is still there is reported', () => {
  const log = [keep(1), post(0), post(0.5)];
  expect(wrongIn(log, 1.1)).toEqual(['message 2 has expired, and is still there']);
  expect(wrongIn(log, 0.9)).toEqual([]);
});
