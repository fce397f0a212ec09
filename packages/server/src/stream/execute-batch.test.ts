import {
  type AccountId,
  type ClientId,
  type EventType,
  refusal,
  type Seq,
  type StreamId,
} from '@parley/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import type { Pipeline } from '../storage/pipeline.ts';
import { digestOf } from './command-digest.ts';
import { executeBatch, type Review } from './execute-batch.ts';
import type { Outcome, Pending } from './outcome.ts';
import { Projections, type ProjectionTable } from './projections.ts';
import {
  AHEAD_MS,
  type Command,
  type Decision,
  newEvent,
  type Rule,
  type RuleContext,
  StreamTransaction,
} from './stream-transaction.ts';

// These tests run in memory; append.db and batch-writer.db run with PostgreSQL.

const NOW = Date.parse('2026-01-01T00:00:00.000Z');
const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;
const [general, random] = [1, 2].map(
  (n) => `01890000-0000-7000-8000-00000000000${n}` as StreamId,
) as [StreamId, StreamId];
const id = (n: number) => `01890000-0000-7000-8000-0000000000c${n}` as ClientId;

/** The statements of a transaction, with answers from the test. */
class Statements {
  readonly sent: { name: string; values: unknown[] }[] = [];
  readonly answers = new Map<string, unknown[]>();
  async query(name: string, _text: string, values: unknown[]): Promise<unknown[]> {
    this.issue(name, _text, values);
    await undefined;
    return this.answers.get(name) ?? [];
  }
  issue(name: string, _text: string, values: unknown[]): void {
    this.sent.push({ name, values });
  }
  get names(): string[] {
    return this.sent.map(({ name }) => name);
  }
  valuesOf(name: string): unknown[][] {
    return this.sent.filter((each) => each.name === name).map(({ values }) => values);
  }
}

let db: Statements;
beforeEach(() => {
  db = new Statements();
  lock([general, 4], [random, 10]);
});

/** Sets the heads of the streams that exist. */
function lock(...heads: (readonly [StreamId, number, number?])[]): void {
  const rows = heads.map(([stream, seq, at]) => ({
    id: stream,
    last_seq: seq,
    last_at: new Date(NOW + (at ?? -1_000)),
  }));
  db.answers.set('batch-lock', rows);
}

const posted = (body: string, stream: StreamId = general) =>
  newEvent(stream, 'message.posted', { body } as never);
/** A rule that posts the payload of its command. */
const post: Rule = {
  name: 'post',
  decide: async (_tx, command) => ({ events: [posted(`${command.payload[0]}`, command.stream)] }),
};
const ruleOf = (decision: Decision, rest: Partial<Rule> = {}): Rule => ({
  name: 'test',
  decide: async () => decision,
  ...rest,
});

function pending(clientId: ClientId, rest: Partial<Command> = {}): Pending {
  const command: Command = {
    rule: post,
    actor: ann,
    clientId,
    stream: general,
    eventType: 'message.posted',
    payload: ['text'],
    bytes: 100,
    ...rest,
  };
  const settle = () => expect.fail('outcomes are returned');
  return { command, digest: digestOf(command), since: 0, uncertain: false, settle };
}

/** Executes a batch; returns the outcomes in short form, and the transaction. */
async function execute(
  batch: readonly Pending[],
  projections: Partial<ProjectionTable> = {},
  review?: Review,
) {
  const tx = new StreamTransaction(db as unknown as Pipeline, NOW);
  const none = Object.keys(EVENT_VISIBILITY).map((type) => [type, 'none']);
  const outcomes = await executeBatch(tx, batch, {
    projections: new Projections({ ...Object.fromEntries(none), ...projections }),
    visibility: EVENT_VISIBILITY,
    review,
  });
  return { tx, outcomes, answers: outcomes.map(wordOf) };
}
const wordOf = (outcome: Outcome): string => {
  if (outcome.kind === 'stored') return `${outcome.seq}${outcome.repeated ? ' again' : ''}`;
  return outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind;
};
/** The columns of the statement that stores events. */
function flushed() {
  const [values] = db.valuesOf('stream-flush') as [unknown[][]];
  const [ids, before, after, at, streams, seqs, types, actors, clients, times, data, digests] =
    values;
  return { ids, before, after, at, streams, seqs, types, actors, clients, times, data, digests };
}

describe('a batch', () => {
  test('locks each stream once, including further streams of commands', async () => {
    await execute([pending(id(1), { alsoLocks: [random] }), pending(id(2))]);
    expect(db.sent[0]).toEqual({ name: 'batch-lock', values: [[general, random]] });
  });

  test('decides commands again whose refusal depended on one that the review refuses', async () => {
    // Each sender may post once, as in slow mode.
    const once: Rule = {
      ...post,
      decideMany: async (_tx, commands) => {
        const senders = new Set<string>();
        return commands.map(({ actor, stream, payload }) => {
          if (senders.has(actor)) return { refuse: refusal('slow_mode') };
          senders.add(actor);
          return { events: [posted(`${payload[0]}`, stream)] };
        });
      },
    };
    const by = (n: number, actor: AccountId, text: string) =>
      pending(id(n), { rule: once, actor, payload: [text] });
    const review: Review = (command, decision) =>
      'events' in decision && command.payload[0] === 'pills'
        ? { refuse: refusal('word_rejected') }
        : decision;
    const batch = [
      ...[by(1, ann, 'pills'), by(2, bob, 'hello'), by(3, ann, 'pills')],
      ...[by(4, ann, 'sorry'), by(5, bob, 'again'), by(6, ann, 'more')],
    ];
    const { answers, tx } = await execute(batch, {}, review);
    expect(answers).toEqual([
      ...['word_rejected', '5', 'word_rejected'],
      ...['6', 'slow_mode', 'slow_mode'],
    ]);
    expect(tx.inserted.map((e) => e.actor)).toEqual([bob, ann]);
  });

  test('numbers the events of each stream in the order of the commands', async () => {
    const { answers, tx } = await execute([
      pending(id(1)),
      pending(id(2), { stream: random, actor: bob }),
      pending(id(3)),
    ]);
    expect(answers).toEqual(['5', '11', '6']);
    expect(tx.inserted.map((e) => e.seq)).toEqual([5, 11, 6]);
    expect(db.valuesOf('stream-flush-one')).toHaveLength(3);
    expect(db.valuesOf('stream-flush-one')[1]?.slice(0, 9)).toEqual([
      random,
      10,
      11,
      '2026-01-01T00:00:00.000Z',
      random,
      11,
      'message.posted',
      bob,
      id(2),
    ]);
  });

  test('passes consecutive commands to a rule that decides many at once, and stores their events together', async () => {
    const calls: number[] = [];
    const many: Rule = {
      ...post,
      decideMany: async (tx, commands) => {
        calls.push(commands.length);
        return Promise.all(commands.map((command) => post.decide(tx, command)));
      },
    };
    const { answers } = await execute([
      pending(id(1), { rule: many }),
      pending(id(2), { rule: many, stream: random }),
      pending(id(3), { rule: many }),
      pending(id(4)),
      pending(id(5)),
      pending(id(6), { rule: many }),
    ]);
    expect(answers).toEqual(['5', '11', '6', '7', '8', '9']);
    expect(calls).toEqual([3]);
    expect(flushed()).toMatchObject({
      ids: [general, random],
      before: [4, 10],
      after: [6, 11],
      seqs: [5, 11, 6],
      clients: [id(1), id(2), id(3)],
      digests: [1, 2, 3].map(() => expect.any(Buffer)),
    });
  });

  test('a batch fails if a rule decides too few commands', async () => {
    const lazy: Rule = { ...post, name: 'lazy', decideMany: async () => [] };
    const batch = [pending(id(1), { rule: lazy }), pending(id(2), { rule: lazy })];
    await expect(execute(batch)).rejects.toThrow(/lazy/);
  });

  test('sends the first read of a rule together with the locks, unless it needs them', async () => {
    const reading = (readsEarly: boolean): Rule => ({
      name: 'reading',
      readsEarly,
      decide: async (tx, command) => {
        await tx.query('read', 'select', []);
        return post.decide(tx, command);
      },
    });
    for (const [readsEarly, known] of [
      [true, 0],
      [false, 1],
    ] as const) {
      db.sent.splice(0);
      let locked = -1;
      const tx = new StreamTransaction(db as unknown as Pipeline, NOW);
      const issue = db.query.bind(db);
      db.query = (name, text, values) => {
        if (name === 'read') locked = tx.has(general) ? 1 : 0;
        return issue(name, text, values);
      };
      const none = Object.keys(EVENT_VISIBILITY).map((type) => [type, 'none']);
      await executeBatch(tx, [pending(id(1), { rule: reading(readsEarly) })], {
        projections: new Projections(Object.fromEntries(none)),
        visibility: EVENT_VISIBILITY,
      });
      expect(locked).toBe(known);
      // Not a second time.
      expect(db.valuesOf('read')).toHaveLength(1);
    }
  });
});

describe('the same id twice in a batch', () => {
  const twice = (first: Partial<Command>, second: Partial<Command>) =>
    execute([pending(id(1), first), pending(id(1), second)]);

  test('executes a command once that is twice in a batch', async () => {
    expect((await twice({}, {})).answers).toEqual(['5', '5 again']);
    expect(db.valuesOf('stream-flush-one')).toHaveLength(1);
  });

  test('refuses another command with the same id in a batch', async () => {
    expect((await twice({}, { payload: ['other'] })).answers).toEqual(['5', 'client_id_reused']);
  });

  test('executes commands of two accounts with the same id', async () => {
    expect((await twice({}, { actor: bob })).answers).toEqual(['5', '6']);
  });

  test('executes another command under an id whose first command was refused, but not a copy of it', async () => {
    const rule = ruleOf({ refuse: refusal('forbidden') });
    const { answers } = await execute([
      pending(id(1), { rule, payload: ['refused'] }),
      pending(id(1), { rule, payload: ['refused'] }),
      pending(id(1), { payload: ['stored'] }),
      pending(id(1), { payload: ['stored'] }),
      pending(id(1), { payload: ['late'] }),
    ]);
    expect(answers).toEqual(['forbidden', 'forbidden', '5', '5 again', 'client_id_reused']);
  });
});

describe('a command that was executed before', () => {
  const row = (rest: object) => ({
    n: 2,
    stream_id: general,
    seq: 3,
    type: 'message.posted',
    at: new Date(NOW - 5_000),
    command_digest: digestOf(pending(id(2)).command),
    ...rest,
  });
  const answerTo = async (stored: object, command: Partial<Command> = {}) => {
    db.sent.splice(0);
    db.answers.set('batch-repeated', [row(stored)]);
    const { outcomes, answers } = await execute([pending(id(1)), pending(id(2), command)]);
    expect(answers[0]).toBe('5');
    expect(db.valuesOf('stream-flush-one')).toHaveLength(1);
    return { outcome: outcomes[1], answer: answers[1] };
  };

  test('a command that was executed before gets the same answer, and is not executed again', async () => {
    const { outcome } = await answerTo({});
    expect(outcome).toEqual({
      kind: 'stored',
      stream: general,
      seq: 3,
      at: '2025-12-31T23:59:55.000Z',
      repeated: true,
    });
  });

  test('the decisions made early are not those of the commands that remain', async () => {
    db.answers.set('batch-repeated', [row({ n: 1, command_digest: null })]);
    const rule: Rule = { ...post, readsEarly: true };
    const { answers, tx } = await execute([
      pending(id(1), { rule, payload: ['known'] }),
      pending(id(2), { rule, payload: ['new'] }),
    ]);
    expect(answers).toEqual(['3 again', '5']);
    expect(tx.inserted.map(({ data }) => data)).toEqual(['{"body":"new"}']);
  });

  test('recognizes an executed command that changed nothing, or whose digest is no longer stored', async () => {
    const unchanged = await answerTo({ type: null, at: null });
    expect(unchanged.outcome).toMatchObject({ seq: 3, at: '2026-01-01T00:00:00.000Z' });
    expect((await answerTo({ command_digest: null })).answer).toBe('3 again');
  });

  test('a command with another stream, type or content is a different one', async () => {
    const edited: EventType = 'message.edited';
    for (const stored of [
      { stream_id: random },
      { type: edited },
      { command_digest: Buffer.alloc(16) },
      { stream_id: random, command_digest: null },
      { type: edited, command_digest: null },
    ]) {
      expect((await answerTo(stored)).answer).toBe('client_id_reused');
    }
  });

  test('a command that creates its stream is recognized in another stream', async () => {
    const creates = { createsStream: true, payload: ['group'] };
    const command_digest = digestOf(pending(id(2), creates).command);
    const { outcome } = await answerTo({ stream_id: random, command_digest }, creates);
    expect(outcome).toMatchObject({ stream: random, seq: 3, repeated: true });
  });

  test('recognizes a command by one of two rows', async () => {
    for (const rows of [
      [row({ stream_id: random }), row({})],
      [row({}), row({ stream_id: random })],
    ]) {
      db.answers.set('batch-repeated', rows);
      const { answers } = await execute([pending(id(1)), pending(id(2))]);
      expect(answers[1]).toBe('3 again');
    }
  });
});

describe('what a rule decides', () => {
  test('a decision without changes takes the id, and the answer has the seq of the last change', async () => {
    for (const stream of [undefined, random]) {
      db.sent.splice(0);
      const rule = ruleOf({ unchanged: 3 as Seq, ...(stream && { stream }) });
      const { outcomes } = await execute([pending(id(1), { rule })]);
      const place = stream ?? general;
      expect(outcomes).toEqual([
        { kind: 'stored', stream: place, seq: 3, at: '2026-01-01T00:00:00.000Z', repeated: false },
      ]);
      expect(db.valuesOf('batch-unchanged')).toEqual([
        [ann, id(1), place, 3, digestOf(pending(id(1)).command)],
      ]);
      expect(db.names).not.toContain('stream-flush-one');
      expect(db.names.slice(-3)).toEqual([
        'batch-hold-id',
        'batch-release-place',
        'batch-unchanged',
      ]);
    }
  });

  test('a decision is stored in this order: new streams, events, projections, other changes, redactions', async () => {
    const fresh = '01890000-0000-7000-8000-000000000003' as StreamId;
    const rule = ruleOf({
      newStreams: [{ id: fresh, kind: 'conversation' }],
      events: [posted('one', fresh), newEvent(fresh, 'message.deleted', { target: 1 } as never)],
      writes: [{ name: 'write', text: 'insert', values: [7] }],
    });
    const { answers } = await execute([pending(id(1), { rule, stream: fresh })], {
      'message.posted': (tx, events) => tx.issue('project', '', [events.length]),
    });
    expect(answers).toEqual(['1']);
    const names = db.names.slice(2);
    expect(names.slice(0, 5)).toEqual([
      'stream-create',
      'stream-flush',
      'stream-check-ids',
      'project',
      'write',
    ]);
    expect(names.slice(5)).toContain('messages-redact-posted');
    expect(db.valuesOf('stream-create')).toEqual([[fresh, 'conversation']]);
    expect(db.valuesOf('write')).toEqual([[7]]);
    // The first event alone has the id and the digest of the command.
    expect(flushed()).toMatchObject({
      before: [0],
      after: [2],
      clients: [id(1), null],
      digests: [expect.any(Buffer), null],
    });
  });

  test('a decision may depend on earlier events of the same command', async () => {
    const second = newEvent(general, 'message.edited', (preceding) => {
      return { target: preceding.map((e) => e.seq) } as never;
    });
    const { tx } = await execute([
      pending(id(1)),
      pending(id(2), { rule: ruleOf({ events: [posted('first'), second] }) }),
    ]);
    expect(tx.inserted.map((e) => JSON.parse(e.data))).toEqual([
      { body: 'text' },
      { body: 'first' },
      { target: [6] },
    ]);
  });

  test('a decision for a stream that is not locked fails', async () => {
    lock([general, 4]);
    await expect(execute([pending(id(1), { stream: random })])).rejects.toThrow(/not locked/);
    const asks = (tx: RuleContext): Decision => ({ unchanged: tx.head(random) });
    const rule: Rule = { name: 'asks', decide: async (tx) => asks(tx) };
    await expect(execute([pending(id(2), { rule })])).rejects.toThrow(/not locked/);
    lock([random, 8]);
    expect((await execute([pending(id(3), { rule })])).answers).toEqual(['8']);
  });
});

describe('the time of an event', () => {
  const timeAfter = async (ahead: number) => {
    lock([general, 4, ahead]);
    const { tx } = await execute([pending(id(1)), pending(id(2))]);
    const times = tx.inserted.map((e) => Date.parse(e.at) - NOW);
    expect(new Set(times).size).toBe(1);
    return times[0];
  };

  test('the time of an event is the current time, or that of the previous event if it is slightly later', async () => {
    expect(await timeAfter(-1)).toBe(0);
    expect(await timeAfter(1)).toBe(1);
    expect(await timeAfter(AHEAD_MS)).toBe(AHEAD_MS);
    expect(await timeAfter(AHEAD_MS + 1)).toBe(0);
  });
});
