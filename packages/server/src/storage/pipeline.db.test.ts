import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  startTestDatabase,
  type TestCluster,
  type TestDatabase,
} from '../../test/support/database.ts';
import type { Database } from './database.ts';
import { Pipeline } from './pipeline.ts';

let server: TestCluster & TestDatabase;
let database: Database;
let client: pg.PoolClient;

beforeAll(async () => {
  server = await startTestDatabase();
  database = await server.open();
});
afterAll(() => server.stop());
beforeEach(async () => {
  client = await database.pool.connect();
  await client.query('create temporary table notes (id int primary key, body text)');
  return async () => {
    await client.query('rollback');
    await client.query('drop table if exists notes');
    client.release();
  };
});

const stored = async () => (await client.query('select id, body from notes order by id')).rows;

/** Issues an insertion whose answer is not needed. */
const insert = (pipeline: Pipeline, id: number | object, body = '') =>
  pipeline.issue('insert', 'insert into notes values ($1, $2)', [id, body]);

describe('Pipeline', () => {
  test('shares a connection with statements that pg has prepared under the same names', async () => {
    const text = 'select $1::int8 as n';
    const ofPg = async (n: number) => (await client.query({ name: 'n', text, values: [n] })).rows;
    const ofGroup = (n: number) => new Pipeline(client).query('n', text, [n]);
    expect(await ofGroup(1)).toEqual([{ n: 1 }]);
    expect(await ofPg(2)).toEqual([{ n: 2 }]);
    expect(await ofGroup(3)).toEqual([{ n: 3 }]);
    expect(await ofPg(4)).toEqual([{ n: 4 }]);
  });

  test('answers each statement of a group with its own rows', async () => {
    const pipeline = new Pipeline(client);
    insert(pipeline, 1, 'one');
    const one = pipeline.query('by-id', 'select body from notes where id = $1', [1]);
    insert(pipeline, 2, 'two');
    const two = pipeline.query('by-id', 'select body from notes where id = $1', [2]);
    const none = pipeline.query('by-id', 'select body from notes where id = $1', [3]);
    const numbers = pipeline.query(
      'numbers',
      'select n::int8 as n, null as none from generate_series(1, 3) n',
      [],
    );

    expect(await one).toEqual([{ body: 'one' }]);
    expect(await two).toEqual([{ body: 'two' }]);
    expect(await none).toEqual([]);
    expect(await numbers).toEqual([1, 2, 3].map((n) => ({ n, none: null })));
    // And again, when they are prepared.
    expect(await pipeline.query('by-id', 'select body from notes where id = $1', [1])).toEqual([
      { body: 'one' },
    ]);
  });

  test('sends statements issued while a group is in flight in the next group, in order', async () => {
    const pipeline = new Pipeline(client);
    const first = pipeline.query('sleep', 'select pg_sleep(0.05)', []);
    await new Promise((resolve) => setImmediate(resolve));
    insert(pipeline, 1, 'one');
    const second = pipeline.query<{ count: number }>('count', 'select count(*) from notes', []);

    await first;
    expect(await second).toEqual([{ count: 1 }]);
  });

  test('executes nothing after a statement that fails, and rejects everything with its error', async () => {
    const pipeline = new Pipeline(client);
    insert(pipeline, 1);
    const before = pipeline.query('before', 'select 1 as n', []);
    const failing = pipeline.query('failing', 'select 1 / $1::int', [0]);
    // An ignored answer does not cause an unhandled rejection.
    void pipeline.query('ignored', 'select 1 / $1::int', [1]);
    insert(pipeline, 2);
    const commit = pipeline.command('commit');
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = pipeline.query('waiting', 'select 1', []);

    expect(await before).toEqual([{ n: 1 }]);
    for (const rejected of [failing, commit, waiting]) {
      await expect(rejected).rejects.toMatchObject({ code: '22012' });
    }
    await expect(pipeline.query('later', 'select 1', [])).rejects.toBe(pipeline.failure);
    // Without BEGIN, a group is one transaction.
    expect(await stored()).toEqual([]);
  });

  test('prepares statements after a failed one when they are used again', async () => {
    const failing = new Pipeline(client);
    failing.issue('failing', 'select 1 / $1::int', [0]);
    await expect(failing.query('behind', 'select 2 as n', [])).rejects.toThrow();

    const pipeline = new Pipeline(client);
    expect(await pipeline.query('failing', 'select 1 / $1::int', [1])).toHaveLength(1);
    expect(await pipeline.query('behind', 'select 2 as n', [])).toEqual([{ n: 2 }]);
  });

  test('fails when values cannot be encoded, with all later statements', async () => {
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const pipeline = new Pipeline(client);
    pipeline.issue('begin', 'begin', []);
    insert(pipeline, 1);
    insert(pipeline, circular);
    await expect(pipeline.command('commit')).rejects.toThrow(/circular/);
    await client.query('rollback');
    expect(await stored()).toEqual([]);
  });

  test('fails when two statements have the same name', async () => {
    await new Pipeline(client).query('same', 'select 1', []);
    await expect(new Pipeline(client).query('same', 'select 2', [])).rejects.toThrow(/same/);
    // Also in one group, before the first is prepared.
    const pipeline = new Pipeline(client);
    pipeline.issue('twice', 'select 1', []);
    await expect(pipeline.query('twice', 'select 2', [])).rejects.toThrow(/twice/);
  });

  test('rejects everything when the connection is lost', async () => {
    const own = await database.pool.connect();
    own.on('error', () => undefined);
    const pipeline = new Pipeline(own);
    const [row] = await pipeline.query<{ pid: number }>(
      'pid',
      'select pg_backend_pid() as pid',
      [],
    );
    const sleeping = pipeline.query('long', 'select pg_sleep(60)', []);
    const behind = pipeline.command('commit');
    const outcomes = Promise.allSettled([sleeping, behind]);
    await client.query('select pg_terminate_backend($1)', [row?.pid]);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    own.release(true);
  });

  test('encodes every value as PostgreSQL reads it', async () => {
    const text = fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0') && s.isWellFormed());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(text)),
        fc.array(fc.option(fc.uint8Array())),
        fc.array(fc.integer()),
        fc.option(fc.boolean()),
        text,
        fc.uint8Array(),
        async (texts, bytes, numbers, flag, word, blob) => {
          const buffers = bytes.map((b) => b && Buffer.from(b));
          const [row] = await new Pipeline(client).query(
            'echo',
            'select $1::text[] as texts, $2::bytea[] as bytes, $3::int8[] as numbers, $4::bool as flag, $5::text as word, $6::bytea as blob, $7::json as json, $8::timestamptz as at',
            [texts, buffers, numbers, flag, word, Buffer.from(blob), { word }, new Date(7)],
          );
          expect(row).toEqual({
            texts,
            bytes: buffers,
            numbers: numbers.map(String),
            flag,
            word,
            blob: Buffer.from(blob),
            json: { word },
            at: new Date(7),
          });
        },
      ),
      { numRuns: 200 },
    );
  });
});
