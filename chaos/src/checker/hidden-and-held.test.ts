import type { Event } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import type { HistoryRecord } from '../history/history.ts';
import { check } from './checker.ts';
import { messagesOf } from './model.ts';

const STREAM = 'group';
const [ANN, BEN] = ['ann', 'ben'];

const event = (seq: number, type: string, actor: string, data: object, client: string | null) =>
  ({
    op: 'event',
    stream: STREAM,
    seq,
    type,
    at: `t${seq}`,
    actor,
    client,
    data,
  }) as unknown as Event;

/** The events of a message that is edited, hidden, and shown again unless it stays hidden. */
function aLog({ isShown = true } = {}): Event[] {
  const [posted, edited] = isShown ? ['secret', 'Secret'] : ['', ''];
  const hidden = [
    event(1, 'member.joined', ANN, { account: ANN, role: 'owner' }, null),
    event(2, 'member.joined', BEN, { account: BEN, role: 'member' }, null),
    event(3, 'message.posted', BEN, { body: posted }, 'post'),
    event(4, 'message.edited', BEN, { message: 3, body: edited }, 'edit'),
    event(5, 'message.hidden', ANN, { message: 3, author: BEN }, 'hide'),
  ];
  const shown = event(
    6,
    'message.unhidden',
    ANN,
    { message: 3, author: BEN, body: 'Secret' },
    'show',
  );
  return isShown ? [...hidden, shown] : hidden;
}

/** Hidden at 1,000 ms; shown again by a command of 5,000 ms. */
function aRun(log: readonly Event[], more: readonly HistoryRecord[] = []): HistoryRecord[] {
  const invoke = (
    id: string,
    account: string,
    op: 'post' | 'edit' | 'hide' | 'unhide',
    t: number,
  ) => ({ kind: 'invoke', client: account, account, id, op, conversation: STREAM, t }) as const;
  return [
    { ...invoke('post', BEN, 'post', 0), text: 'secret' },
    { ...invoke('edit', BEN, 'edit', 0), text: 'Secret' },
    invoke('hide', ANN, 'hide', 900),
    { kind: 'ack', client: ANN, id: 'hide', stream: STREAM, seq: 5, t: 1_000 },
    invoke('show', ANN, 'unhide', 5_000),
    ...more,
    { kind: 'log', stream: STREAM, first: 1, events: log },
    { kind: 'messages', stream: STREAM, messages: messagesOf(log) },
  ];
}

const found = (history: readonly HistoryRecord[]) =>
  check(history, { mode: 'clean', deadlineMs: 10_000, nodes: 1 }).map((v) => v.rule);

/** A client of ben that connected at a time and then received an event. */
const received = (of: Event, connectedAt: number, t: number): HistoryRecord[] => [
  { kind: 'start', client: BEN, account: BEN, store: 1, cursors: { [STREAM]: of.seq - 1 }, t: 0 },
  { kind: 'connect', client: BEN, t: connectedAt },
  { kind: 'event', client: BEN, account: BEN, store: 1, event: of, t },
];
const POSTED = event(3, 'message.posted', BEN, { body: 'secret' }, 'post');
const REDACTED = event(3, 'message.posted', BEN, { body: '' }, 'post');

describe('of hidden messages', () => {
  test('a run without defects has no violations', () => {
    expect(found(aRun(aLog()))).toEqual([]);
    expect(found(aRun(aLog({ isShown: false })))).toEqual([]);
  });

  test('a client may have the text from before, or none from the time in between', () => {
    expect(found(aRun(aLog(), received(POSTED, 0, 1_500)))).toEqual([]);
    expect(found(aRun(aLog(), received(REDACTED, 2_000, 2_100)))).toEqual([]);
    expect(found(aRun(aLog(), received(POSTED, 2_000, 5_100)))).toEqual([]);
    expect(found(aRun(aLog({ isShown: false }), received(POSTED, 0, 100)))).toEqual([]);
  });

  test('detects a text that is delivered while it is hidden', () => {
    expect(found(aRun(aLog(), received(POSTED, 2_000, 2_100)))).toEqual(['I11 same state']);
  });

  test('detects a client with a different text than was posted', () => {
    const other = event(3, 'message.posted', BEN, { body: 'other' }, 'post');
    expect(found(aRun(aLog(), received(other, 0, 100)))).toEqual(['I6 in order']);
  });

  test('detects a text of a hidden message that remains in the log', () => {
    const log = aLog({ isShown: false }).map((e) => (e.seq === 3 ? POSTED : e));
    expect(found(aRun(log))).toContain('I11 same state');
  });

  test('detects a message that is unhidden without its edit', () => {
    const log = aLog().map((e) =>
      e.type === 'message.unhidden'
        ? event(6, e.type, ANN, { ...e.data, body: 'secret' }, 'show')
        : e,
    );
    expect(found(aRun(log))).toEqual(['I11 same state']);
  });

  test('the event that showed a message before it was hidden again may be empty, the last one may not', () => {
    const again: HistoryRecord[] = (['hide', 'unhide'] as const).map((op, n) => ({
      ...{ kind: 'invoke', client: ANN, account: ANN, id: `${op} again`, op },
      ...{ conversation: STREAM, t: 6_000 + n },
    }));
    const log = (first: string, last: string): Event[] => [
      ...aLog().slice(0, 5),
      event(6, 'message.unhidden', ANN, { message: 3, author: BEN, body: first }, 'show'),
      event(7, 'message.hidden', ANN, { message: 3, author: BEN }, 'hide again'),
      event(8, 'message.unhidden', ANN, { message: 3, author: BEN, body: last }, 'unhide again'),
    ];
    expect(found(aRun(log('', 'Secret'), again))).toEqual([]);
    expect(found(aRun(log('Secret', ''), again))).toContain('I11 same state');
    expect(found(aRun(log('other', 'Secret'), again))).toContain('I11 same state');
  });
});

describe('of a legal hold', () => {
  const held = (texts: Record<number, string>, versions = 0, isPurged = true): HistoryRecord[] => [
    { kind: 'held', streams: [STREAM], texts: { [STREAM]: texts } },
    { kind: 'purged', versions, isPurged },
  ];
  const all = { 3: 'secret', 4: 'Secret' };

  test('all versions of a hidden text satisfy it', () => {
    expect(found(aRun(aLog({ isShown: false }), held(all)))).toEqual([]);
  });

  test('an export while commands are sent has the texts that were acknowledged before it', () => {
    const during = (texts: Record<number, string>, ackedAt: number): HistoryRecord[] => [
      { kind: 'ack', client: BEN, id: 'edit', stream: STREAM, seq: 4, t: ackedAt },
      { kind: 'held', streams: [STREAM], texts: { [STREAM]: texts }, since: 900 },
    ];
    const log = aLog({ isShown: false });
    expect(found(aRun(log, during({ 3: 'secret' }, 950)))).toEqual([]);
    expect(found(aRun(log, during({ 3: 'secret' }, 850)))).toEqual(['I16 held']);
    expect(found(aRun(log, during({ 3: 'secret', 4: '' }, 950)))).toEqual(['I16 held']);
    expect(found(aRun(log, during(all, 850)))).toEqual([]);
  });

  test.each<[string, HistoryRecord[]]>([
    ['a version that is missing', held({ 4: 'Secret' })],
    ['a version without its text', held({ ...all, 3: '' })],
    ['a version that is left after the release', held(all, 1)],
    ['a hold that is not purged', held(all, 0, false)],
  ])('%s is found', (_, records) => {
    expect(found(aRun(aLog({ isShown: false }), records))).toEqual(['I16 held']);
  });
});
