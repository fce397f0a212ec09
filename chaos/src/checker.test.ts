import type { Event } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { check } from './checker.ts';
import type { HistoryRecord } from './history.ts';
import { messagesOf } from './model.ts';

const STREAM = 'room';
const [ANN, BEN, EVE] = ['ann', 'ben', 'eve'];

function event(
  seq: number,
  type: string,
  actor: string,
  data: object,
  client: string | null = null,
): Event {
  return {
    op: 'event',
    stream: STREAM,
    seq,
    type,
    at: `t${seq}`,
    actor,
    client,
    data,
  } as unknown as Event;
}

/** A run in which nothing went wrong: two talk, one leaves before the end. */
function aCleanRun(): HistoryRecord[] {
  const log = [
    event(1, 'conversation.created', ANN, { kind: 'group', visibility: 'public', name: 'room' }),
    event(2, 'member.joined', ANN, { account: ANN, role: 'owner' }),
    event(3, 'member.joined', BEN, { account: BEN, role: 'member' }),
    event(4, 'member.joined', EVE, { account: EVE, role: 'member' }),
    event(5, 'message.posted', ANN, { body: 'one' }, 'c1'),
    event(6, 'message.posted', BEN, { body: 'two' }, 'c2'),
    event(7, 'member.left', EVE, { account: EVE }),
    event(8, 'message.edited', ANN, { message: 5, body: 'ONE' }, 'c3'),
    event(9, 'reaction.added', BEN, { message: 5, emoji: '👍' }, 'c4'),
    event(10, 'message.posted', ANN, { body: 'three' }, 'c5'),
  ];
  const invoke = (
    id: string,
    account: string,
    op: 'post' | 'edit' | 'react',
    text: string,
  ): HistoryRecord => ({
    kind: 'invoke',
    client: account,
    account,
    id,
    op,
    conversation: STREAM,
    text,
    t: 0,
  });
  const ack = (id: string, client: string, seq: number): HistoryRecord => ({
    kind: 'ack',
    client,
    id,
    stream: STREAM,
    seq,
    t: 0,
  });
  const saw = (account: string, from: number, to: number): HistoryRecord[] =>
    log
      .slice(from - 1, to)
      .map((e) => ({ kind: 'event', client: account, account, life: 1, event: e, t: 0 }));
  const final = (account: string, unread: number, read: number): HistoryRecord => ({
    kind: 'final',
    client: account,
    account,
    life: 1,
    cursors: account === EVE ? {} : { [STREAM]: 10 },
    unread: account === EVE ? {} : { [STREAM]: unread },
    read: { [STREAM]: read },
    kept: {},
    waiting: [],
  });
  return [
    invoke('c1', ANN, 'post', 'one'),
    ack('c1', ANN, 5),
    invoke('c2', BEN, 'post', 'two'),
    ack('c2', BEN, 6),
    invoke('c3', ANN, 'edit', 'ONE'),
    ack('c3', ANN, 8),
    invoke('c4', BEN, 'react', '👍'),
    ack('c4', BEN, 9),
    invoke('c5', ANN, 'post', 'three'),
    ...saw(ANN, 2, 10),
    ...saw(BEN, 3, 10),
    ...saw(EVE, 4, 7),
    { kind: 'log', stream: STREAM, first: 1, events: log },
    { kind: 'messages', stream: STREAM, messages: messagesOf(log) },
    final(ANN, 1, 5),
    final(BEN, 1, 6),
    final(EVE, 0, 0),
  ];
}

/** The run with its events changed, in the log and as everybody saw them. */
function withLog(change: (log: Event[]) => Event[]): HistoryRecord[] {
  return aCleanRun().map((r) => (r.kind === 'log' ? { ...r, events: change([...r.events]) } : r));
}

const rules = (history: readonly HistoryRecord[]) => [
  ...new Set(check(history).map((v) => v.rule)),
];
const isSeen = (r: HistoryRecord, account: string, seq: number) =>
  r.kind === 'event' && r.account === account && r.event.seq === seq;

describe('the checker', () => {
  test('finds nothing in a run without a fault', () => {
    expect(check(aCleanRun())).toEqual([]);
  });

  test.each<[string, () => HistoryRecord[], string]>([
    [
      'an acknowledged message that is not in the log',
      () => withLog((log) => log.map((e) => (e.seq === 6 ? { ...e, client: null } : e)) as Event[]),
      'I1 acked is kept',
    ],
    [
      'an ack with another seq than the event’s',
      () => aCleanRun().map((r) => (r.kind === 'ack' && r.id === 'c2' ? { ...r, seq: 9 } : r)),
      'I1 acked is kept',
    ],
    [
      'a command that stands in the log twice',
      () =>
        withLog(
          (log) => log.map((e) => (e.seq === 10 ? { ...e, client: 'c1' as never } : e)) as Event[],
        ),
      'I2 once',
    ],
    [
      'a message that nobody sent',
      () => aCleanRun().filter((r) => !(r.kind === 'invoke' && r.id === 'c5')),
      'I3 nothing invented',
    ],
    [
      'a message stored with another text',
      () =>
        aCleanRun().map((r) => (r.kind === 'invoke' && r.id === 'c1' ? { ...r, text: 'uno' } : r)),
      'I3 nothing invented',
    ],
    [
      'a refused command that is stored',
      () => [...aCleanRun(), { kind: 'nack', client: ANN, id: 'c5', code: 'forbidden', t: 0 }],
      'I3 refused is absent',
    ],
    ['a gap in the seqs', () => withLog((log) => log.filter((e) => e.seq !== 6)), 'I4 dense'],
    [
      'an event that was applied twice',
      () => aCleanRun().flatMap((r) => (isSeen(r, BEN, 6) ? [r, r] : [r])),
      'I5 applied once',
    ],
    [
      'an event that was left out',
      () => aCleanRun().filter((r) => !isSeen(r, BEN, 6)),
      'I6 in order',
    ],
    [
      'an event that came as another one',
      () =>
        aCleanRun().map((r) =>
          isSeen(r, BEN, 6) && r.kind === 'event'
            ? { ...r, event: { ...r.event, at: 'tampered' } }
            : r,
        ),
      'I6 in order',
    ],
    [
      'two posts of one sender in the wrong order',
      () => {
        const run = aCleanRun();
        const five = run.find((r) => r.kind === 'invoke' && r.id === 'c5') as HistoryRecord;
        return [five, ...run.filter((r) => r !== five)];
      },
      'I7 sender’s order',
    ],
    [
      'a client that never got the end',
      () =>
        aCleanRun().map((r) =>
          r.kind === 'final' && r.account === BEN ? { ...r, cursors: { [STREAM]: 9 } } : r,
        ),
      'I8 complete',
    ],
    [
      'an event that came to somebody who had left',
      () =>
        aCleanRun().flatMap((r) =>
          isSeen(r, EVE, 7) && r.kind === 'event' ? [r, { ...r, event: aLogEvent(8) }] : [r],
        ),
      'I10 members only',
    ],
    [
      'a wrong count of unread messages',
      () =>
        aCleanRun().map((r) =>
          r.kind === 'final' && r.account === BEN ? { ...r, unread: { [STREAM]: 0 } } : r,
        ),
      'I11 same state',
    ],
    [
      'a message that REST shows as it never was',
      () =>
        aCleanRun().map((r) =>
          r.kind === 'messages'
            ? { ...r, messages: r.messages.map((m) => ({ ...m, body: 'x' })) }
            : r,
        ),
      'I11 same state',
    ],
    [
      'a repetition that was answered with another seq',
      () => [...aCleanRun(), { kind: 'ack', client: ANN, id: 'c1', stream: STREAM, seq: 6, t: 1 }],
      'I12 same answer',
    ],
  ])('sees %s', (_name, history, rule) => {
    expect(rules(history())).toContain(rule);
  });
});

function aLogEvent(seq: number): Event {
  const log = aCleanRun().find((r) => r.kind === 'log');
  return (log as Extract<HistoryRecord, { kind: 'log' }>).events[seq - 1] as Event;
}
