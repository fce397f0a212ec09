import type { AccountId, StreamId } from '@parley/protocol';
import { EVENT_VISIBILITY } from '@parley/server/internal/event-types/event-visibility';
import { PROJECTIONS } from '@parley/server/internal/event-types/projections';
import { postCommand } from '@parley/server/internal/messages/commands';
import {
  CommitOutcomeUnknown,
  isConnectionError,
  NotCommitted,
  withPipelinedTransaction,
} from '@parley/server/internal/storage/database';
import { Append, type AppendDeps, type Outcome } from '@parley/server/internal/stream/append';
import { Projections } from '@parley/server/internal/stream/projections';
import { StreamTransaction } from '@parley/server/internal/stream/stream-transaction';
import { createLogger } from '@parley/server/log';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fill, makeFixture } from '../../test/random-statements.ts';
import { SteppedScheduler } from '../../test/stepped-scheduler.ts';
import { DatabaseModel } from './model.ts';
import type { PoolModel } from './pool.ts';

/** How lost connections, and a lost database, affect the transactions of the product. */

const fixture = makeFixture(1);
const [one, other] = fixture.conversations as [StreamId, StreamId];
/** Two that do not exist. */
const [created, uncommitted] = [fixture.spare[2], fixture.clients[0]] as [StreamId, StreamId];

// Retries of the product pause: in real time, a minute of the scheduler could pass before one of them.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(seed = 1, max = 4) {
  const scheduler = new SteppedScheduler(seed, (ms) => vi.advanceTimersByTime(ms));
  const model = new DatabaseModel({ scheduler, epoch: '00000000-0000-4000-8000-000000000001' });
  fill(model, fixture);
  return { scheduler, model, pool: model.pool({ max, pipelined: true }) };
}

const LOCK =
  'select id, last_seq, last_at from streams where id = any($1::uuid[]) order by id for update';

/** Creates a stream in a transaction, after it has locked another one. */
const create = (pool: PoolModel, id = created) =>
  withPipelinedTransaction(pool.asPool, async (pipeline) => {
    await pipeline.query('batch-lock', LOCK, [fixture.spare.slice(0, 1)]);
    new StreamTransaction(pipeline, 0).createStream({ id, kind: 'conversation' });
  });

/** Creates a stream, then locks others in sequence, in a transaction that does not end. */
const hold = (pool: PoolModel, id: StreamId, ...locks: readonly StreamId[]) =>
  caught(
    withPipelinedTransaction(pool.asPool, async (pipeline) => {
      new StreamTransaction(pipeline, 0).createStream({ id, kind: 'conversation' });
      for (const stream of locks) await pipeline.query('batch-lock', LOCK, [[stream]]);
      await new Promise(() => undefined);
    }),
  );

const exists = (model: DatabaseModel, id = created) =>
  model.tables.streams.committed().some((stream) => stream.id === id);

/** Returns the error of what must fail. */
const caught = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  );

describe('a COMMIT whose connection is lost', () => {
  test.each([
    ['lost before', false],
    ['lost after', true],
  ] as const)('%s it takes effect has an unknown outcome', async (fault, isStored) => {
    const { scheduler, model, pool } = setUp();
    model.commitFault = () => fault;
    expect(await scheduler.until(caught(create(pool)))).toBeInstanceOf(CommitOutcomeUnknown);
    expect(exists(model)).toBe(isStored);
    expect(pool.totalCount).toBe(0);
    model.commitFault = null;
    await scheduler.until(create(pool, uncommitted));
  });
});

test('an error of a statement is passed on, nothing is stored, and the connection remains open', async () => {
  const { scheduler, model, pool } = setUp();
  const failing = withPipelinedTransaction(pool.asPool, async (pipeline) => {
    const tx = new StreamTransaction(pipeline, 0);
    tx.createStream({ id: created, kind: 'conversation' });
    tx.createStream({ id: one, kind: 'conversation' });
  });
  expect(await scheduler.until(caught(failing))).toMatchObject({
    code: '23505',
    constraint: 'streams_pkey',
  });
  expect(exists(model)).toBe(false);
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
});

test('a crash undoes uncommitted changes, and connections are refused until the database has recovered', async () => {
  const { scheduler, model, pool } = setUp();
  await scheduler.until(create(pool));
  void hold(pool, uncommitted, one);
  await scheduler.run(50);
  model.crash();
  expect(await scheduler.until(caught(create(pool, uncommitted)))).toMatchObject({
    name: 'NotCommitted',
    cause: { code: 'ECONNREFUSED' },
  });
  model.start(100);
  expect(await scheduler.until(caught(create(pool, uncommitted)))).toMatchObject({
    cause: { code: '57P03' },
  });
  await scheduler.run(100);
  expect([exists(model), exists(model, uncommitted)]).toEqual([true, false]);
  await scheduler.until(create(pool, uncommitted));
});

test('a COMMIT during a crash is stored or not, and its outcome is unknown', async () => {
  const stored = new Set<boolean>();
  for (let seed = 1; seed <= 30; seed++) {
    const { scheduler, model, pool } = setUp(seed);
    const failing = caught(create(pool));
    while (!model.clients.size || ![...model.clients].some((c) => c.session.isCommitting)) {
      await scheduler.run(0.05);
    }
    model.crash();
    expect(await scheduler.until(failing)).toBeInstanceOf(CommitOutcomeUnknown);
    stored.add(exists(model));
  }
  expect(stored.size).toBe(2);
});

test('connections that are cut at any moment leave everything or nothing', async () => {
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= 200; seed++) {
    const { scheduler, model, pool } = setUp(seed);
    const result = caught(create(pool));
    await scheduler.run(scheduler.random() * 8);
    model.loseConnections(1);
    const error = await scheduler.until(result);
    await scheduler.run(10);
    const name = error instanceof Error ? error.name : 'stored';
    if (name !== 'CommitOutcomeUnknown') expect(exists(model)).toBe(name === 'stored');
    const what = `${name} ${exists(model)}`;
    outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
    // The locks of the lost connection are free.
    await scheduler.until(create(pool, uncommitted));
  }
  expect([...outcomes.keys()].sort()).toEqual([
    'CommitOutcomeUnknown false',
    'CommitOutcomeUnknown true',
    'NotCommitted false',
    'stored true',
  ]);
});

describe('a transaction that does not end', () => {
  test('makes others wait at most as long as lock_timeout', async () => {
    const { scheduler, model, pool } = setUp();
    const client = await scheduler.until(pool.connect());
    await scheduler.until(client.query('begin'));
    const locked = { name: 'batch-lock', text: LOCK, values: [[one]] };
    await scheduler.until(client.query(locked));
    const since = scheduler.now();
    const waiting = caught(model.pool().query(locked));
    // The holder is not idle.
    for (let n = 0; n < 3; n++) {
      await scheduler.run(3_000);
      await scheduler.until(client.query(locked));
    }
    expect(await scheduler.until(waiting)).toMatchObject({ code: '55P03' });
    expect(scheduler.now() - since).toBeGreaterThan(10_000);
    expect(scheduler.now() - since).toBeLessThan(10_100);
  });

  test('is ended after idle_in_transaction_session_timeout', async () => {
    const { scheduler, model, pool } = setUp();
    void hold(pool, uncommitted, one);
    await scheduler.run(14_000);
    expect(model.clients.size).toBe(1);
    await scheduler.run(2_000);
    expect(model.clients.size).toBe(0);
    await scheduler.until(create(pool, uncommitted));
  });

  test('that waits for itself is ended after deadlock_timeout', async () => {
    const { scheduler, pool } = setUp();
    const [first, second] = [hold(pool, created, one, other), hold(pool, uncommitted, other, one)];
    const error = await scheduler.until(Promise.race([first, second]), 1_100);
    expect(error).toMatchObject({ code: '40P01' });
    expect(isConnectionError(error)).toBe(false);
  });
});

test('statements that a killed process has sent are executed, and nothing else', async () => {
  const { scheduler, model } = setUp();
  for (const [id, ms, isStored] of [
    [created, 30, true],
    [uncommitted, 0, false],
  ] as const) {
    const pool = model.pool();
    let isSettled = false;
    void caught(create(pool, id)).then(() => {
      isSettled = true;
    });
    // Its COMMIT is sent with what it has written, as soon as the connection is open and BEGIN answered.
    while (ms > 0 && !isCommitSent(model)) await scheduler.run(0.05);
    pool.kill();
    await scheduler.run(1_000);
    expect([exists(model, id), isSettled]).toEqual([isStored, false]);
  }
  expect(model.clients.size).toBe(0);
});

const isCommitSent = (model: DatabaseModel) =>
  [...model.clients].some((client) => client.session.isCommitting);

test('a connection on which nothing arrives times out after query_timeout', async () => {
  const { scheduler, model, pool } = setUp();
  const failing = hold(pool, created, one, other);
  while (model.clients.size === 0) await scheduler.run(0.05);
  for (const client of model.clients) client.hang();
  const error = await scheduler.until(failing, 46_000);
  expect(error).toBeInstanceOf(NotCommitted);
  expect(error).toMatchObject({ cause: { message: 'Query read timeout' } });
  await scheduler.run(20_000);
  await scheduler.until(create(pool));
});

test('a pool does not lend more connections than its maximum', async () => {
  const { scheduler, pool } = setUp(1, 1);
  const client = await scheduler.until(pool.connect());
  expect(await scheduler.until(caught(create(pool)))).toMatchObject({
    cause: { message: 'timeout exceeded when trying to connect' },
  });
  const waiting = create(pool);
  client.release();
  await scheduler.until(waiting);
  expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
});

test('two nodes store each message once, whatever gets lost', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { scheduler, model } = setUp(seed);
    model.commitFault = () => {
      const chance = scheduler.random();
      if (chance < 0.7) return null;
      return chance < 0.85 ? 'lost before' : 'lost after';
    };
    const nodes = [aNode(model), aNode(model)];
    const [author] = fixture.accounts as readonly [string];
    const commands = Array.from({ length: 20 }, (_, n) =>
      postCommand(
        {
          actor: author as AccountId,
          clientId: `00000000-0000-7000-9000-${String(n).padStart(12, '0')}` as never,
          conversation: (n % 2 ? one : other) as never,
        },
        `message ${n}`,
      ),
    );
    const results = commands.flatMap((command) => nodes.map((node) => node.run(command)));
    const outcomes: Outcome[] = await scheduler.until(Promise.all(results));
    const stored = model.tables.events.committed().filter((event) => event.client_id !== null);
    expect(new Set(stored.map((event) => event.client_id)).size).toBe(stored.length);
    for (const [n, outcome] of outcomes.entries()) {
      const { clientId } = commands[n >> 1] as (typeof commands)[number];
      const event = stored.find((e) => e.client_id === clientId);
      if (outcome.kind === 'stored') expect(outcome.seq).toBe(event?.seq);
    }
    expect(outcomes.some((outcome) => outcome.kind === 'stored')).toBe(true);
  }
});

test('announces an event whose COMMIT was stored, and not confirmed', async () => {
  const { scheduler, model } = setUp();
  let losses = 1;
  model.commitFault = () => (losses-- > 0 ? 'lost after' : null);
  const announced: string[] = [];
  const node = aNode(model, (stream, seq) => announced.push(`${stream} ${seq}`));
  const [author] = fixture.accounts as readonly [string];
  const post = (n: number) =>
    node.run(
      postCommand(
        {
          actor: author as AccountId,
          clientId: `00000000-0000-7000-9000-00000000000${n}` as never,
          conversation: one as never,
        },
        `message ${n}`,
      ),
    );
  const lost = await scheduler.until(post(1));
  expect(lost).toMatchObject({ kind: 'stored', repeated: true });
  // A confirmed one is published instead, and a repeated one was published before.
  await scheduler.until(post(2));
  expect(await scheduler.until(post(2))).toMatchObject({ kind: 'stored', repeated: true });
  expect(announced).toEqual([`${one} ${lost.kind === 'stored' && lost.seq}`]);
});

function aNode(model: DatabaseModel, announce?: AppendDeps['announce']): Append {
  return new Append({
    ...(announce && { announce }),
    pool: model.pool({ pipelined: true }).asPool,
    clock: { now: () => model.scheduler.now() },
    log: createLogger('silent'),
    projections: new Projections(PROJECTIONS),
    visibility: EVENT_VISIBILITY,
    publish: () => undefined,
  });
}
