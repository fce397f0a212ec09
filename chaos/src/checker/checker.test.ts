import type { ClientId, Event } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import type { FinalThread, HistoryRecord } from '../history/history.ts';
import { shortest } from '../shrink.ts';
import { check } from './checker.ts';
import { messagesOf } from './model.ts';

const STREAM = 'group';
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

/** A run without a defect: two users talk, one leaves before the end. */
function aCleanRun(): HistoryRecord[] {
  const log = [
    event(1, 'conversation.created', ANN, { kind: 'group', visibility: 'public', name: 'group' }),
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
      .map((e) => ({ kind: 'event', client: account, account, store: 1, event: e, t: 0 }));
  const final = (account: string, unread: number, read: number): HistoryRecord => ({
    kind: 'final',
    client: account,
    account,
    store: 1,
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

/** A run with a thread and a poll: its first reply was deleted, and the poll is closed. */
function aRunWithThread(change: (log: Event[]) => Event[] = (log) => log): HistoryRecord[] {
  const log = change([
    event(1, 'member.joined', ANN, { account: ANN, role: 'owner' }),
    event(2, 'member.joined', BEN, { account: BEN, role: 'member' }),
    event(3, 'message.posted', ANN, { body: 'root' }),
    event(4, 'message.posted', BEN, { body: '', thread: 3 }),
    event(5, 'message.posted', BEN, { body: 'hello', thread: 3, mentions: [{ kind: 'everyone' }] }),
    event(6, 'message.deleted', BEN, {
      message: 4,
      author: BEN,
      thread: 3,
      threadSummary: left(5),
    }),
    event(7, 'message.posted', ANN, { body: 'which?', poll: { choices: ['a', 'b'] } }),
    event(8, 'poll.voted', BEN, { message: 7, choices: [0], before: [] }),
    event(9, 'poll.voted', BEN, { message: 7, choices: [1], before: [0] }),
    event(10, 'poll.closed', ANN, { message: 7 }),
  ]);
  const last = log[log.length - 1]?.seq ?? 0;
  const thread = { stream: STREAM, thread: 3, readSeq: 3, unread: 1, mentions: [5] };
  return [
    { kind: 'log', stream: STREAM, first: 1, events: log },
    { kind: 'messages', stream: STREAM, messages: messagesOf(log) },
    { kind: 'thread-read', account: ANN, stream: STREAM, thread: 3, readSeq: 3, t: 0 },
    {
      kind: 'final',
      client: ANN,
      account: ANN,
      store: 1,
      cursors: { [STREAM]: last },
      unread: { [STREAM]: 0 },
      read: { [STREAM]: 3 },
      mentions: { [STREAM]: [] },
      threads: [thread],
      kept: {},
      waiting: [],
    },
  ];
}

/** The summary of a thread with one reply. */
const left = (seq: number) => ({
  replies: 1,
  lastReplySeq: seq,
  lastReplyAt: `t${seq}`,
  authors: [BEN],
});

/** The run with a thread and what one client knows of it at the end changed. */
const withThread = (change: Partial<FinalThread>): HistoryRecord[] =>
  aRunWithThread().map((r) =>
    r.kind === 'final' && r.threads
      ? { ...r, threads: r.threads.map((t) => ({ ...t, ...change })) }
      : r,
  );

describe('of threads and polls', () => {
  const rulesOf = (history: HistoryRecord[]) =>
    check(history)
      .map((v) => v.rule)
      .filter((rule) => rule !== 'I3 nothing invented');

  test('a run without defects has no violations', () => {
    expect(rulesOf(aRunWithThread())).toEqual([]);
  });

  test.each<[string, Event]>([
    ['a reply in the thread of a reply', event(11, 'message.posted', ANN, { body: '', thread: 5 })],
    ['a reply to no message', event(11, 'message.posted', ANN, { body: '', thread: 2 })],
    ['a vote in a closed poll', event(11, 'poll.voted', ANN, { message: 7, choices: [0] })],
    ['a poll that is closed again', event(11, 'poll.closed', ANN, { message: 7 })],
  ])('%s is found', (_, added) => {
    expect(rulesOf(aRunWithThread((log) => [...log, added]))).toContain('I15 threads and polls');
  });

  test.each<[string, number, object]>([
    ['a vote that is counted beside the one before', 9, { message: 7, choices: [1], before: [] }],
    ['a vote for a choice that does not exist', 8, { message: 7, choices: [2], before: [] }],
  ])('%s is found', (_, seq, data) => {
    const changed = aRunWithThread((log) =>
      log.map((e) => (e.seq === seq ? ({ ...e, data } as unknown as Event) : e)),
    );
    expect(rulesOf(changed)).toContain('I15 threads and polls');
  });

  test('detects a deletion that leaves a different number of replies', () => {
    const data = { message: 4, author: BEN, thread: 3, threadSummary: { ...left(5), replies: 2 } };
    const changed = aRunWithThread((log) =>
      log.map((e) => (e.seq === 6 ? ({ ...e, data } as unknown as Event) : e)),
    );
    expect(rulesOf(changed)).toEqual(['I11 same state']);
  });

  test.each<[string, Partial<FinalThread>]>([
    ['a count of unread replies', { unread: 2 }],
    ['mentions', { mentions: [] }],
    ['a thread cursor that moved back', { readSeq: 2 }],
    ['a thread that is missing', { thread: 9 }],
  ])('%s that differs from the log is found', (_, change) => {
    expect(rulesOf(withThread(change))).toContain('I11 same state');
  });

  test('an explicit choice to follow or not takes precedence', () => {
    const choice = { stream: STREAM, thread: 3, isFollowing: false };
    const follows: HistoryRecord = { kind: 'follows', account: ANN, choices: [choice] };
    expect(rulesOf([...aRunWithThread(), follows])).toEqual(['I11 same state']);
  });

  test('detects a mention count that differs from the log', () => {
    const changed = aRunWithThread().map((r) =>
      r.kind === 'final' ? { ...r, mentions: { [STREAM]: [5] } } : r,
    );
    expect(rulesOf(changed)).toEqual(['I11 same state']);
  });
});

/** The run with its events changed, in the log and as every client saw them. */
function withLog(change: (log: Event[]) => Event[]): HistoryRecord[] {
  return aCleanRun().map((r) => (r.kind === 'log' ? { ...r, events: change([...r.events]) } : r));
}

/** The run in which the second member has joined with its own command. */
const withJoin = (): HistoryRecord[] => [
  {
    kind: 'invoke',
    client: BEN,
    account: BEN,
    id: 'j1',
    op: 'join',
    conversation: STREAM,
    t: 0,
  },
  ...withLog((log) => log.map((e) => (e.seq === 3 ? { ...e, client: 'j1' as ClientId } : e))).map(
    (r) =>
      r.kind === 'event' && r.event.seq === 3
        ? { ...r, event: { ...r.event, client: 'j1' as ClientId } }
        : r,
  ),
];
const aNack = (id: string, client: string): HistoryRecord => ({
  kind: 'nack',
  client,
  id,
  code: 'conversation_not_found',
  t: 0,
});

const anAck = (id: string, seq: number) =>
  ({ kind: 'ack', client: ANN, id, stream: STREAM, seq, t: 1 }) as const;

const rules = (history: readonly HistoryRecord[]) => [
  ...new Set(check(history).map((v) => v.rule)),
];
const isSeen = (r: HistoryRecord, account: string, seq: number) =>
  r.kind === 'event' && r.account === account && r.event.seq === seq;

describe('the checker', () => {
  test('finds no violation in a correct run', () => {
    expect(check(aCleanRun())).toEqual([]);
  });

  test('accepts a command that was refused before its sender joined, and stored later', () => {
    const history = withJoin().filter((r) => !(r.kind === 'ack' && r.id === 'c2'));
    expect(check([...history, aNack('c2', BEN)])).toEqual([]);
  });

  test('accepts one stored and one rejected command with the same id', () => {
    const rival = { client: ANN, account: ANN, id: 'c1', conversation: STREAM, t: 0 };
    const history: HistoryRecord[] = [
      ...aCleanRun(),
      { kind: 'rival', ...rival, text: 'uno' },
      { ...anAck('c1', 5), text: 'one' },
      { kind: 'nack', client: ANN, id: 'c1', code: 'client_id_reused', t: 1 },
    ];
    expect(check(history)).toEqual([]);
    const other = history.map((r) => (r.kind === 'ack' && r.text ? { ...r, text: 'uno' } : r));
    expect(rules(other)).toEqual(['I1 acked is kept']);
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
      'a command that is in the log twice',
      () =>
        withLog(
          (log) => log.map((e) => (e.seq === 10 ? { ...e, client: 'c1' as never } : e)) as Event[],
        ),
      'I2 once',
    ],
    [
      'a message that was never sent',
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
    [
      'a refused command of a first member that is stored',
      () => [
        ...aCleanRun(),
        { kind: 'nack', client: ANN, id: 'c5', code: 'conversation_not_found', t: 0 },
      ],
      'I3 refused is absent',
    ],
    [
      'a refused join that is stored',
      () => [...withJoin(), aNack('j1', BEN)],
      'I3 refused is absent',
    ],
    ['a gap in the seqs', () => withLog((log) => log.filter((e) => e.seq !== 6)), 'I4 dense'],
    [
      'an event that was applied twice',
      () => aCleanRun().flatMap((r) => (isSeen(r, BEN, 6) ? [r, r] : [r])),
      'I5 applied once',
    ],
    [
      'an event that was skipped',
      () => aCleanRun().filter((r) => !isSeen(r, BEN, 6)),
      'I6 in order',
    ],
    [
      'an event delivered with other contents',
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
      'a client that never received the last events',
      () =>
        aCleanRun().map((r) =>
          r.kind === 'final' && r.account === BEN ? { ...r, cursors: { [STREAM]: 9 } } : r,
        ),
      'I8 complete',
    ],
    [
      'an event delivered to a former member',
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
      'a message that REST returns in a wrong state',
      () =>
        aCleanRun().map((r) =>
          r.kind === 'messages'
            ? { ...r, messages: r.messages.map((m) => ({ ...m, body: 'x' })) }
            : r,
        ),
      'I11 same state',
    ],
    [
      'a repetition answered with another seq',
      () => [...aCleanRun(), { kind: 'ack', client: ANN, id: 'c1', stream: STREAM, seq: 6, t: 1 }],
      'I12 same answer',
    ],
    [
      'an ack for another text than is stored',
      () => [...aCleanRun(), { ...anAck('c1', 5), text: 'another' }],
      'I1 acked is kept',
    ],
    [
      'a command rejected as reused although its id was used once',
      () => [
        ...aCleanRun(),
        { kind: 'nack', client: ANN, id: 'c1', code: 'client_id_reused', t: 1 },
      ],
      'I12 same answer',
    ],
    [
      'a message by a former member',
      () =>
        withLog((log) => log.map((e) => (e.seq === 10 ? { ...e, actor: EVE } : e)) as Event[]).map(
          (r) => (r.kind === 'invoke' && r.id === 'c5' ? { ...r, account: EVE } : r),
        ),
      'I10 members only',
    ],
    [
      'a store that lacks a message before its cursor',
      () =>
        aCleanRun().map((r) =>
          r.kind === 'final' && r.account === BEN
            ? { ...r, kept: { [STREAM]: { from: 5, messages: keptFrom(5).slice(1) } } }
            : r,
        ),
      'I11 same state',
    ],
    [
      'a store that missed an edit',
      () =>
        aCleanRun().map((r) =>
          r.kind === 'final' && r.account === BEN
            ? {
                ...r,
                kept: {
                  [STREAM]: { from: 5, messages: keptFrom(5).map((m) => ({ ...m, body: 'one' })) },
                },
              }
            : r,
        ),
      'I11 same state',
    ],
    [
      'a command that is unanswered at the end',
      () =>
        aCleanRun().map((r) =>
          r.kind === 'final' && r.account === ANN ? { ...r, waiting: ['c9'] } : r,
        ),
      'I8 complete',
    ],
    [
      'a round after which a client lacked something',
      () => [
        ...aCleanRun(),
        { kind: 'quiet', round: 0, ms: 9_000, missing: ['ann is at 9 of 10'], t: 0 },
      ],
      'I8 in time',
    ],
    [
      'a connection that was live without everything',
      () => [
        ...aCleanRun(),
        { kind: 'early-live', client: 'ann', missing: ['group is at 9 of 10'], t: 0 },
      ],
      'I8 live',
    ],
    [
      'a node that died on its own',
      () => [...aCleanRun(), { kind: 'died', node: 'node1', how: 'exit code 1', t: 0 }],
      'I14 no errors',
    ],
    [
      'a command that was answered with an internal error',
      () => [...aCleanRun(), { kind: 'nack', client: ANN, id: 'c8', code: 'internal', t: 0 }],
      'I14 no errors',
    ],
    [
      'a finding of the doctor',
      () => [...aCleanRun(), { kind: 'doctor', findings: ['a log has a gap'] }],
      'I11 doctor',
    ],
  ])('sees %s', (_name, history, rule) => {
    expect(rules(history())).toContain(rule);
  });
});

describe('a deleted message', () => {
  const deleted = (text: string) =>
    check(
      withLog((log) => [
        ...log.map((e) => (e.seq === 5 ? ({ ...e, data: { body: text } } as Event) : e)),
        event(11, 'message.deleted', ANN, { message: 5, author: ANN }),
      ]),
    ).map((v) => v.what);
  const violation = 'the text of the deleted message 5 is still at 5';

  test('has no text in the log, even if clients saw it before', () => {
    expect(deleted('one')).toContain(violation);
    expect(deleted('')).not.toContain(violation);
    expect(deleted('').filter((what) => what.startsWith('5 is another'))).toEqual([]);
    expect(deleted('').filter((what) => what.includes('another text'))).toEqual([]);
  });
});

describe('the text of a deleted message', () => {
  const received = (nodes: number, ...more: HistoryRecord[]) =>
    check(
      [
        ...withLog((log) => [
          ...log.map((e) => (e.seq === 5 ? ({ ...e, data: { body: '' } } as Event) : e)),
          event(11, 'message.deleted', ANN, { message: 5, author: ANN }),
        ]),
        { kind: 'ack', client: ANN, id: 'deletion', stream: STREAM, seq: 11, t: 3 },
        ...more,
      ],
      { mode: 'chaos', deadlineMs: 0, nodes },
    ).filter(({ what }) => what.includes('connected after its deletion'));
  const connects = (t: number): HistoryRecord => ({ kind: 'connect', client: 'new', t });
  const gets: HistoryRecord = {
    kind: 'event',
    client: 'new',
    account: BEN,
    store: 1,
    event: event(5, 'message.posted', ANN, { body: 'one' }, 'c1'),
    t: 9,
  };

  test('is not delivered to a client that connects after the deletion', () => {
    expect(received(1, connects(2_504), gets)).toHaveLength(1);
    expect(received(1, connects(2_502), gets)).toEqual([]);
    expect(received(2, connects(2_504), gets)).toEqual([]);
  });
});

describe('what a message quotes', () => {
  /** The violations if clients saw message 6 quote `seen`, and message 5 is (not) deleted later. */
  const seeing = (seen: number, isDeleted: boolean) => {
    const data = isDeleted ? { body: '' } : { body: 'two', replyTo: 5 };
    const deletion = event(11, 'message.deleted', BEN, { message: 6, author: BEN });
    const records = withLog((log) => [
      ...log.map((e) => (e.seq === 6 ? ({ ...e, data } as Event) : e)),
      ...(isDeleted ? [deletion] : []),
    ]).map((record) =>
      record.kind === 'event' && record.event.seq === 6
        ? {
            ...record,
            event: event(6, 'message.posted', BEN, { body: 'two', replyTo: seen }, 'c2'),
          }
        : record,
    );
    return check(records).map((v) => v.what);
  };

  test('must match the log, except for a message that was deleted later', () => {
    const another = '6 is another event than in the log';
    expect(seeing(5, false)).not.toContain(another);
    expect(seeing(1, false)).toContain(another);
    expect(seeing(5, true)).not.toContain(another);
  });
});

describe('a client whose membership ended', () => {
  const rejoined = withLog((log) => [
    ...log,
    event(11, 'member.joined', EVE, { account: EVE, role: 'member' }),
    event(12, 'message.posted', ANN, { body: 'four' }),
  ]);
  const starts: HistoryRecord = {
    kind: 'start',
    client: EVE,
    account: EVE,
    store: 1,
    cursors: { [STREAM]: 7 },
    t: 5,
  };
  const gets: HistoryRecord = {
    kind: 'event',
    client: EVE,
    account: EVE,
    store: 1,
    event: event(12, 'message.posted', ANN, { body: 'four' }),
    t: 7,
  };
  const jumps = (...more: HistoryRecord[]) =>
    check([...rejoined, starts, ...more]).filter(({ what }) => what === '12 came after 7');

  test('starts from a new snapshot only if it connects again', () => {
    expect(jumps({ kind: 'connect', client: EVE, t: 6 }, gets)).toEqual([]);
    expect(jumps(gets)).toHaveLength(1);
  });
});

describe('a run without faults', () => {
  const counters = { connects: 1, resends: 0, gapFills: 0, duplicates: 0, resets: 0 };
  const stop = (changed: Partial<typeof counters>): HistoryRecord => ({
    kind: 'stop',
    client: ANN,
    how: 'end',
    counters: { ...counters, ...changed },
    t: 0,
  });
  const node = (changed: object): HistoryRecord => ({
    kind: 'node',
    node: 'node1',
    ...{ fills: 0, late: 0, repairs: 0, stalled: 0, buffered: 0, rss: 0 },
    ...changed,
    t: 0,
  });
  const found = (...more: HistoryRecord[]) =>
    check([...aCleanRun(), ...more], { mode: 'clean', deadlineMs: 1_000 }).map((v) => v.rule);

  test('needs no repair', () => {
    expect(found(stop({}), node({}))).toEqual([]);
    for (const repairs of ['resends', 'gapFills', 'duplicates', 'resets']) {
      expect(found(stop({ [repairs]: 1 }))).toEqual(['I9 nothing repaired']);
    }
    expect(found(stop({ connects: 2 }))).toEqual(['I9 nothing repaired']);
    for (const repairs of ['fills', 'repairs', 'stalled']) {
      expect(found(node({ [repairs]: 1 }))).toEqual(['I9 nothing repaired']);
    }
    // Events that were late are not lost; in simulated time nothing may be late.
    expect(found(node({ fills: 2, repairs: 1, late: 2 }))).toEqual(['I9 nothing repaired']);
    expect(found(node({ fills: 2, repairs: 1, late: 3 }))).toEqual([]);
    const simulated = { mode: 'clean', deadlineMs: 1_000, isSimulated: true } as const;
    const records = [...aCleanRun(), node({ fills: 3, late: 3 })];
    expect(check(records, simulated).map((v) => v.rule)).toEqual(['I9 nothing repaired']);
    expect(found({ kind: 'ended', client: ANN, t: 0 })).toEqual(['I9 nothing repaired']);
  });

  test('delivers to all connected clients on time', () => {
    const late = (startedAt: number) =>
      check(
        aCleanRun().flatMap((r): HistoryRecord[] =>
          isSeen(r, BEN, 10) && r.kind === 'event'
            ? [
                {
                  kind: 'start',
                  client: BEN,
                  account: BEN,
                  store: 1,
                  cursors: { [STREAM]: 9 },
                  t: startedAt,
                },
                { ...r, t: 5_000 },
              ]
            : [r],
        ),
        { mode: 'clean', deadlineMs: 1_000 },
      ).map((v) => v.rule);
    expect(late(0)).toEqual(['I8 in time']);
    expect(late(4_500)).toEqual([]);
  });
});

describe('with slow readers', () => {
  const GIB = 1024 ** 3;
  const found = (mode: 'slow' | 'chaos', buffered: number, rss: number) =>
    check(
      [
        { kind: 'start', client: ANN, account: ANN, store: 1, cursors: {}, t: 0 },
        ...[0, 1].map(
          (n): HistoryRecord => ({
            kind: 'node',
            node: 'node1',
            ...{
              fills: 0,
              late: 0,
              repairs: 0,
              stalled: 0,
              buffered: buffered * n,
              rss: rss * n,
              t: n,
            },
          }),
        ),
      ],
      { mode, deadlineMs: 0 },
    ).map((v) => v.rule);

  test('memory is bounded', () => {
    expect(found('slow', 1024, 1024)).toEqual([]);
    expect(found('slow', GIB, 1024)).toEqual(['I13 bounded']);
    expect(found('slow', 1024, GIB)).toEqual(['I13 bounded']);
    expect(found('chaos', GIB, GIB)).toEqual([]);
  });
});

describe('a refused copy of a reply that is stored', () => {
  /** The fifth command replies to message 7, which a restore has undone, or to message 5. */
  const rulesWith = (message: number) => {
    const lost = [event(7, 'message.posted', EVE, { body: 'lost' }, 'c9')];
    const run = aCleanRun()
      .filter((r) => r.kind !== 'ack' || r.id !== 'c5')
      .map((r) => (r.kind === 'invoke' && r.id === 'c5' ? { ...r, message } : r));
    const nack = { kind: 'nack', client: ANN, id: 'c5', code: 'message_not_found', t: 2 } as const;
    const restored = { kind: 'restored', epoch: '2', lost, t: 1 } as const;
    return check([restored, ...run, nack])
      .map(({ rule }) => rule)
      .filter((rule) => rule.startsWith('I3'));
  };

  test('is accepted if a restore has undone what it replies to', () => {
    expect(rulesWith(7)).toEqual([]);
    expect(rulesWith(5)).toEqual(['I3 refused is absent']);
  });
});

describe('an ack for another text than is stored', () => {
  /** The text of message 5 was acked under its id, before a restore undid that `message` was hidden. */
  const rulesWith = (message: number) => {
    const lost = [event(11, 'message.hidden', EVE, { message, author: ANN }, 'c9')];
    const restored = { kind: 'restored', epoch: '2', lost, t: 1 } as const;
    return rules([...aCleanRun(), { ...anAck('c1', 5), text: 'another' }, restored]);
  };

  test('is accepted if the message was hidden then, and a restore has undone that', () => {
    expect(rulesWith(5)).not.toContain('I1 acked is kept');
    expect(rulesWith(7)).toContain('I1 acked is kept');
  });
});

describe('a store after a crash', () => {
  const start = (cursor: number): HistoryRecord => ({
    kind: 'start',
    client: BEN,
    account: BEN,
    store: 1,
    cursors: { [STREAM]: cursor },
    t: 0,
  });
  const seen = (seq: number): HistoryRecord => ({
    kind: 'event',
    client: BEN,
    account: BEN,
    store: 1,
    event: aLogEvent(seq),
    t: 0,
  });

  test('may have an older cursor, after which events are sent again', () => {
    expect(check([...aCleanRun(), start(8), seen(9), seen(10)])).toEqual([]);
  });

  test('must not receive an event twice or miss one', () => {
    const rulesOf = (...more: HistoryRecord[]) => rules([...aCleanRun(), ...more]);
    expect(rulesOf(start(9), seen(9))).toEqual(['I5 applied once']);
    expect(rulesOf(start(7), seen(9))).toEqual(['I6 in order']);
  });
});

describe('a client of a former member', () => {
  const begins = (cursor: number): HistoryRecord => ({
    kind: 'start',
    client: EVE,
    account: EVE,
    store: 2,
    cursors: { [STREAM]: cursor },
    t: 5,
  });
  const gets = (seq: number): HistoryRecord => ({
    kind: 'event',
    client: EVE,
    account: EVE,
    store: 2,
    event: aLogEvent(seq),
    t: 6,
  });
  const leftAt = (t: number): HistoryRecord => ({
    kind: 'ack',
    client: BEN,
    id: 'removal',
    stream: STREAM,
    seq: 7,
    t,
  });
  // The correct run has no command for the removal: other violations of its answer are ignored.
  const broken = (...more: HistoryRecord[]) =>
    rules([...aCleanRun(), ...more]).filter((rule) => /^I(5|6|10) /.test(rule));

  test('receives only the end of the membership period', () => {
    expect(broken(leftAt(4), begins(5), gets(7))).toEqual([]);
  });

  test('violates I10 if it receives a text from before the end', () => {
    expect(broken(leftAt(4), begins(5), gets(6), gets(7))).toEqual(['I10 members only']);
  });

  test('may have received it while the removal was in progress', () => {
    expect(broken(leftAt(6), begins(5), gets(6), gets(7))).toEqual([]);
  });

  test('may miss only events before the end', () => {
    expect(broken(begins(4), gets(6))).toEqual(['I6 in order']);
  });
});

describe('the shortest history', () => {
  test('shows the same violation with few additional records', () => {
    const history = aCleanRun().filter((r) => !isSeen(r, BEN, 6));
    const [violation] = check(history);
    if (!violation) throw new Error('nothing was found');
    const short = shortest(history, violation, { mode: 'chaos', deadlineMs: 0 });
    expect(check(short)).toContainEqual(violation);
    expect(short.length).toBeLessThanOrEqual(3);
  });
});

const keptFrom = (seq: number) => {
  const log = aCleanRun().find((r) => r.kind === 'log') as Extract<HistoryRecord, { kind: 'log' }>;
  return messagesOf(log.events).filter((m) => m.seq >= seq);
};

function aLogEvent(seq: number): Event {
  const log = aCleanRun().find((r) => r.kind === 'log');
  return (log as Extract<HistoryRecord, { kind: 'log' }>).events[seq - 1] as Event;
}
