import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Database,
  withPipelinedTransaction,
} from '../../../packages/server/src/storage/database.ts';
import {
  startTestCluster,
  type TestCluster,
  type TestDatabase,
} from '../../../packages/server/test/support/database.ts';
import {
  byText,
  canonical,
  contentsOf,
  contentsOfModel,
  copyToPostgres,
  ordered,
  withoutDigests,
  withoutRandomIds,
} from '../../test/compare.ts';
import { insertAccounts, runProduct, type Transcript } from '../../test/product-commands.ts';
import {
  buildStatement,
  Choice,
  COMPETING_WRITES,
  type Fixture,
  fill,
  makeFixture,
  RANDOM_STATEMENTS,
  RANDOM_WRITES,
  type RandomStatement,
} from '../../test/random-statements.ts';
import { SteppedScheduler } from '../../test/stepped-scheduler.ts';
import { type Backend, type Step, TwoDatabases } from '../../test/two-databases.ts';
import { DatabaseModel } from './model.ts';
import { knownTexts } from './statements/all.ts';
import { Transaction } from './tables/transaction.ts';

/** The model of the database behaves like PostgreSQL. */

let cluster: TestCluster;
/** The database of the schedules, each of which has its own rows. */
let shared: TestDatabase;
let observer: Database | undefined;

beforeAll(async () => {
  cluster = await startTestCluster();
  shared = await cluster.fresh();
  await sendAll();
});
afterAll(() => cluster.stop());

/** Sends every statement to a model, so that their texts are known. */
async function sendAll(): Promise<void> {
  const scheduler = new SteppedScheduler(1);
  const model = new DatabaseModel({ scheduler, epoch: '00000000-0000-4000-8000-000000000001' });
  insertAccounts(model);
  const pools = [model.pool().asPool, model.pool().asPool] as const;
  await scheduler.until(runProduct(...pools), 600_000);
}

test('the product’s commands and reads get the same answers, and leave the same tables', async () => {
  const database = await cluster.fresh();
  const { pool } = await database.open({ pipelined: false });
  const { pool: appendPool } = await database.open();
  const scheduler = new SteppedScheduler(1);
  const model = new DatabaseModel({ scheduler, epoch: await epochOf(pool) });
  insertAccounts(model);
  await copyToPostgres(model, pool);

  const expected = await runProduct(pool, appendPool);
  const modeled = runProduct(model.pool().asPool, model.pool({ pipelined: true }).asPool);
  const actual = await scheduler.until(modeled, 600_000);

  expect(comparable(actual, contentsOfModel(model))).toEqual(
    comparable(expected, await contentsOf(pool)),
  );
});

const begin = fc.constant('begin');
const end = fc.constantFrom('commit', 'rollback');
/** Any statements, most of which write. */
const anything = fc.oneof(
  { weight: 1, arbitrary: begin },
  { weight: 2, arbitrary: end },
  { weight: 8, arbitrary: fc.constantFrom(...RANDOM_STATEMENTS) },
  { weight: 16, arbitrary: fc.constantFrom(...RANDOM_WRITES) },
);
/** Few statements that often wait, in long transactions: they deadlock. */
const competing = fc.oneof(
  { weight: 1, arbitrary: end },
  { weight: 16, arbitrary: fc.constantFrom(...COMPETING_WRITES) },
);
const stepsOf = (action: fc.Arbitrary<string>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      session: fc.nat(2),
      action,
      numbers: fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
    }),
    { minLength: 1, maxLength: 50, size: 'max' },
  );
/** Schedules; more of them with PARLEY_SCHEDULES. */
const RUNS = Number(process.env.PARLEY_SCHEDULES ?? 40);

/** Connections of PostgreSQL that one schedule leaves to the next. */
const idle: Backend[] = [];
let schedules = 0;

/** Returns both databases, with the same new rows in them, and three connections. */
async function bothDatabases(
  database: TestDatabase,
  counts: Map<string, number>,
): Promise<{ two: TwoDatabases; fixture: Fixture }> {
  const fixture = makeFixture(++schedules);
  const scheduler = new SteppedScheduler(schedules);
  const { pool: observer } = await observerOf(database);
  const model = new DatabaseModel({
    scheduler,
    epoch: await epochOf(observer),
    delays: { network: [0, 0], execution: [0, 0], commit: [0, 0] },
    timeouts: { deadlock: 1, lock: 1e12, statement: 1e12, idleInTransaction: 1e12 },
  });
  fill(model, fixture);
  await copyToPostgres(model, observer);
  const { address } = database;
  const two = new TwoDatabases({
    model,
    scheduler,
    observer,
    address,
    texts: knownTexts(),
    fixture,
    idle,
    counts,
  });
  await two.connect(3);
  return { two, fixture };
}

describe('of two transactions', () => {
  const counts = new Map<string, number>();
  const run = async (schedule: (two: TwoDatabases, f: Fixture) => Promise<void>) => {
    counts.clear();
    const { two, fixture } = await bothDatabases(shared, counts);
    try {
      await schedule(two, fixture);
      await two.finish();
    } finally {
      await two.close();
    }
  };

  test('those that wait for a row get it in their order', () =>
    run(async (two, { conversations: [stream] }) => {
      for (const n of [0, 1, 2]) await two.send(n, 'begin');
      for (const n of [0, 1, 2]) await two.send(n, 'batch-lock', [[stream]]);
      expect(two.waiting).toEqual([1, 2]);
      await two.send(0, 'commit');
      expect(two.waiting).toEqual([2]);
      await two.send(1, 'rollback');
      expect(two.waiting).toEqual([]);
    }));

  test('the one that closes a circle of waits fails', () =>
    run(async (two, { conversations: [one, other] }) => {
      for (const n of [0, 1]) await two.send(n, 'begin');
      await two.send(0, 'batch-lock', [[one]]);
      await two.send(1, 'batch-lock', [[other]]);
      await two.send(0, 'batch-lock', [[other]]);
      expect(two.waiting).toEqual([0]);
      await two.send(1, 'batch-lock', [[one]]);
      expect(two.waiting).toEqual([]);
      expect(counts.get('40P01')).toBe(1);
    }));

  test.each([
    ['commit', '23505'],
    ['rollback', 'success'],
  ])('an insert of the same key waits, until %s, for %s', (end, outcome) =>
    run(async (two, { accounts: [account], clients: [client], conversations: [stream] }) => {
      const insert = [account, client, stream, 3, Buffer.from('x')];
      await two.send(0, 'begin');
      await two.send(0, 'batch-unchanged', insert);
      await two.send(1, 'batch-unchanged', insert);
      expect(two.waiting).toEqual([1]);
      counts.clear();
      await two.send(0, end);
      expect(two.waiting).toEqual([]);
      expect(counts.get(outcome)).toBeGreaterThan(0);
    }),
  );

  test('the id of a command that changes nothing is held until its end', () =>
    run(async (two, { accounts: [account], clients: [client], conversations: [one, other] }) => {
      const place = [one, '9223372036854775807'];
      const [before, at] = [5, '2026-01-01T00:00:00.000Z'];
      const event = [[other], [6], ['message.posted'], [account], [client], [at], ['{}'], [null]];
      for (const n of [0, 1]) await two.send(n, 'begin');
      await two.send(0, 'batch-hold-id', [...place, account, client]);
      await two.send(0, 'batch-release-place', place);
      await two.send(1, 'stream-flush', [[other], [before], [6], [at], ...event]);
      expect(two.waiting).toEqual([1]);
      await two.send(0, 'batch-unchanged', [account, client, one, 3, Buffer.from('x')]);
      await two.send(0, 'commit');
      expect(two.waiting).toEqual([]);
      expect(counts.get('23505')).toBeUndefined();
      await two.send(1, 'stream-check-ids', [[account], [client]]);
      expect(counts.get('23505')).toBe(1);
    }));
});

test('interleaved transactions get the same results, wait for the same transactions, and leave the same tables', async () => {
  const counts = new Map<string, number>();
  const property = fc.asyncProperty(
    fc.oneof(stepsOf(anything), stepsOf(competing)),
    async (steps) => {
      const { two } = await bothDatabases(shared, counts);
      try {
        for (const next of steps) await two.step(next);
        await two.finish();
      } finally {
        await two.close();
      }
    },
  );
  await fc.assert(property, { numRuns: RUNS });
  // The cases that the schedules are meant to cover have occurred.
  for (const what of ['1 waiting', '2 waiting', '23505', '23503']) {
    expect(counts.get(what), what).toBeGreaterThan(0);
  }
}, 600_000);

test('statements that are sent together get the same answers, and leave the same tables', async () => {
  const { pool: appendPool } = await shared.open();
  const outcomes = new Map<string, number>();
  const statement = fc.record({
    action: fc.constantFrom(...RANDOM_WRITES),
    numbers: fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 }),
  });
  const group = fc.array(statement, { minLength: 1, maxLength: 4 });
  const property = fc.asyncProperty(
    fc.array(group, { minLength: 1, maxLength: 4 }),
    async (groups) => {
      const fixture = makeFixture(++schedules);
      const scheduler = new SteppedScheduler(schedules);
      const { pool: observer } = await observerOf(shared);
      const model = new DatabaseModel({ scheduler, epoch: await epochOf(observer) });
      fill(model, fixture);
      await copyToPostgres(model, observer);
      const tx = new Transaction(model.tables, scheduler.now(), () => undefined);
      const built = groups.map((statements) =>
        statements.map(({ action, numbers }) =>
          buildStatement(action, new Choice(numbers), fixture, tx),
        ),
      );
      const expected = await answersTo(built, appendPool);
      const modeled = answersTo(built, model.pool({ pipelined: true }).asPool);
      expect(await scheduler.until(modeled)).toEqual(expected);
      const { accounts, conversations, spare } = fixture;
      const ids = [...accounts, ...conversations, ...spare];
      expect(contentsOfModel(model, ids)).toEqual(await contentsOf(observer, ids));
      const end = String(expected.at(-1));
      outcomes.set(end, (outcomes.get(end) ?? 0) + 1);
    },
  );
  await fc.assert(property, { numRuns: RUNS });
  for (const end of ['committed', '23505']) expect(outcomes.get(end), end).toBeGreaterThan(0);
}, 600_000);

/**
 * Runs a transaction whose statements are sent in groups; returns their answers, and how it ended.
 */
async function answersTo(
  groups: readonly (readonly RandomStatement[])[],
  pool: pg.Pool,
): Promise<readonly unknown[]> {
  const texts = knownTexts();
  const answers: unknown[] = [];
  const codeOf = (error: unknown) => (error as pg.DatabaseError).code;
  const ended = withPipelinedTransaction(pool, async (pipeline) => {
    for (const group of groups) {
      const sent = group.map(({ name, values }) =>
        pipeline
          .query(name, texts.get(name) as string, values)
          .then((rows) => rows.map(canonical).map(ordered).sort(byText), codeOf),
      );
      answers.push(...(await Promise.all(sent)));
    }
  });
  return [...answers, await ended.then(() => 'committed', codeOf)];
}

/** One pool for all schedules. */
const observerOf = async (database: TestDatabase) =>
  (observer ??= await database.open({ pipelined: false }));

async function epochOf(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ epoch: string }>('select epoch from server_state');
  return (rows[0] as { epoch: string }).epoch;
}

/** Returns the parts that must be equal. */
const comparable = (transcript: Transcript, contents: object): unknown =>
  withoutRandomIds(withoutDigests([ordered(canonical(transcript)), contents]));
