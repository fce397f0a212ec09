import type { AccountId, Event } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { GuestRecorder } from '../clients/guest-recorder.ts';
import type { HistoryRecord, RecordOf } from '../history/history.ts';
import { checkGuests } from './check-guests.ts';
import { Log } from './log.ts';

const [ANN, BEN, CARL, GUEST] = ['ann', 'ben', 'carl', 'guest'];

const joined = (seq: number, stream: string, account: string, client: string | null = null) =>
  ({
    stream,
    seq,
    type: 'member.joined',
    actor: ANN,
    client,
    data: { account },
  }) as unknown as Event;
const left = (seq: number, stream: string, account: string, client: string) =>
  ({ stream, seq, type: 'member.left', actor: ANN, client, data: { account } }) as unknown as Event;

/**
 * Ann and the guest are in “open” from the start. Ben is added by a command of 2,000 ms; Carl is in “other” with Ann.
 * The guest is removed from “open” by a command that is acknowledged at 6,000 ms.
 */
const LOGS = new Map(
  [
    {
      stream: 'open',
      events: [
        joined(1, 'open', ANN),
        joined(2, 'open', GUEST),
        joined(3, 'open', BEN, 'add ben'),
        left(4, 'open', GUEST, 'remove guest'),
      ],
    },
    { stream: 'other', events: [joined(1, 'other', ANN), joined(2, 'other', CARL)] },
  ].map(({ stream, events }) => [stream, new Log({ kind: 'log', stream, first: 1, events })]),
);

const invoke = (id: string, op: 'add' | 'remove', t: number) =>
  ({ kind: 'invoke', client: ANN, account: ANN, id, op, conversation: 'open', t }) as const;
const RUN: readonly HistoryRecord[] = [
  invoke('add ben', 'add', 2_000),
  { kind: 'ack', client: ANN, id: 'add ben', stream: 'open', seq: 3, t: 2_100 },
  invoke('remove guest', 'remove', 5_900),
  { kind: 'ack', client: ANN, id: 'remove guest', stream: 'open', seq: 4, t: 6_000 },
];

/** A frame at `t`, or the answer to a request sent at `since`. */
const told = (
  ids: readonly string[],
  t: number,
  { since = null, isNow = false }: { since?: number | null; isNow?: boolean } = {},
): HistoryRecord => ({
  kind: 'told',
  client: 'c',
  account: GUEST,
  by: 'it',
  ids,
  since,
  isNow,
  t,
});

/** Returns how many of the ids break the rule. */
const broken = (...args: Parameters<typeof told>): number =>
  checkGuests([...RUN, told(...args)], LOGS).length;

describe('a guest may be told of', () => {
  test('its conversation and the accounts in it', () => {
    expect(broken(['open', ANN], 1_000)).toBe(0);
    expect(broken(['open', ANN], 1_000, { since: 900, isNow: true })).toBe(0);
  });

  test('an account that was added, from the command on', () => {
    expect(broken([BEN], 1_900)).toBe(1);
    expect(broken([BEN], 2_050)).toBe(0);
  });

  test('an admin who has added a member, but not that it is online', () => {
    const admin = { ...joined(5, 'open', BEN), actor: 'admin' } as Event;
    const open = LOGS.get('open') as Log;
    const log = new Log({ kind: 'log', stream: 'open', first: 1, events: [...open.events, admin] });
    const of = (isNow: boolean) =>
      checkGuests([...RUN, told(['admin'], 1_000, { isNow })], new Map([['open', log]])).length;
    expect([of(false), of(true)]).toEqual([0, 1]);
  });

  test('no other conversation, and no one who is only there', () => {
    expect(broken(['other', CARL], 9_000)).toBe(2);
  });

  test('the workspace stream never', () => {
    expect(broken(['workspace'], 1_000)).toBe(1);
  });

  test('nothing by a request after its removal', () => {
    expect(broken(['open', ANN], 6_200, { since: 5_990 })).toBe(0);
    expect(broken(['open', ANN], 6_200, { since: 6_100 })).toBe(2);
    expect(broken([ANN], 6_200, { since: 6_100, isNow: true })).toBe(1);
    // A frame that was in transit.
    expect(broken(['open', ANN], 6_200)).toBe(0);
  });
});

test('a guest that has joined a group by itself is reported', () => {
  const logs = new Map(LOGS);
  const events = [joined(1, 'other', ANN), joined(2, 'other', GUEST, 'join')];
  logs.set('other', new Log({ kind: 'log', stream: 'other', first: 1, events }));
  const join = { kind: 'invoke', client: 'c', account: GUEST, id: 'join', op: 'join' } as const;
  const command: HistoryRecord = { ...join, conversation: 'other', t: 3_000 };
  const rules = (known: typeof logs) =>
    checkGuests([...RUN, command, told([ANN], 3_100)], known).map(({ what }) => what);
  expect(rules(logs)).toEqual(['has joined by itself at 2']);
  expect(rules(LOGS)).toEqual([]);
});

test('what a guest is told is found by ids and names, in any field, once for each kind of frame', () => {
  const id = '01a22022-bfb9-73ea-abd8-8848fbebf861';
  const other = '01a22022-b87a-73db-84b0-2cbc5a871e47';
  const records: RecordOf<'told'>[] = [];
  const sink = { now: 7, add: (record: HistoryRecord) => records.push(record as RecordOf<'told'>) };
  const who = { client: 'c', account: GUEST as AccountId };
  const recorder = new GuestRecorder(
    sink,
    who,
    new Map([
      [id, id],
      ['person 12', other],
    ]),
  );
  recorder.frame(`{"op":"event","data":{"account":"${id}"}}`);
  recorder.frame(`{"op":"event","data":{"account":"${id}"}}`);
  recorder.frame(`{"op":"typing","account":"${id}"}`);
  // Its author named the user, to all who read the text.
  recorder.frame(`{"op":"event","mentions":[{"kind":"user","name":"p1","id":"${other}"}]}`);
  recorder.answer({ by: 'users', scope: 'current' }, 5, { items: [{ displayName: 'Person 12' }] });
  // The event that ended a membership is answered at any later time.
  recorder.answer({ by: 'events', scope: 'left' }, 5, { items: [{ stream: id }] });
  expect(records.map(({ by, ids, since, isNow }) => [by, ids, since, isNow])).toEqual([
    ['event', [id], null, false],
    ['typing', [id], null, false],
    ['users', [other], 5, true],
    ['events', [id], null, false],
  ]);
});
