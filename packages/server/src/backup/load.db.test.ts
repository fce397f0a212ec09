import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  startTestCluster,
  type TestCluster,
  type TestDatabase,
} from '../../test/support/database.ts';
import type { Migration } from '../storage/migrate.ts';
import { readSequences, readTables } from './catalog.ts';
import { copyOut, digestOf, prepareSession } from './copy.ts';
import { digestOfStreamsIn } from './digest.ts';
import { Load } from './load.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

async function aClient(database: Promise<TestDatabase>) {
  const { pool } = await (await database).open({ pipelined: false });
  const client = await pool.connect();
  await prepareSession(client);
  return { client, done: () => client.release(true) };
}

test('every table that the migrations make is kept', async () => {
  const { client, done } = await aClient(cluster.fresh());
  const { rows } = await client.query<{ name: string }>(
    `select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const kept = await readTables(client);
  expect(kept.map((table) => `public.${table.name}`).sort()).toEqual(
    rows.map((row) => row.name).sort(),
  );
  done();
});

const EVERYTHING = `
  create table "Upper case" (id integer primary key, "a ""quoted"" name" text);
  create table trees (id integer primary key, parent integer references trees);
  create table hens (id integer primary key, egg integer);
  create table eggs (id integer primary key, hen integer references hens);
  alter table hens add constraint hatched foreign key (egg) references eggs;
  create table counted (id bigint generated always as identity primary key, n int default 1,
                        twice int generated always as (n * 2) stored);
  create table by_word (word text primary key, at timestamptz, raw bytea, number double precision,
                        doc jsonb, list text[]);
  create table unkeyed (a text, b int);
  create table parts (id int, part int, primary key (part, id)) partition by list (part);
  create table parts_1 partition of parts for values in (1);
  create table parts_2 partition of parts for values in (2);
  create table told (n int);
  create function tell() returns trigger language plpgsql as
    'begin insert into told values (1); return new; end';
  create trigger telling after insert on unkeyed for each row execute function tell();
  create unlogged table forgettable (id int);
  create materialized view sums as select sum(n) as total from counted;
  insert into counted (n) values (40);
`;
const migration: Migration = { version: 1, name: 'everything', sql: EVERYTHING, checksum: 'sum' };

test('tables of all kinds are loaded unchanged, with their sequences, keys and triggers', async () => {
  const source = await aClient(cluster.fresh({ migrated: false }));
  const target = await aClient(cluster.fresh({ migrated: false }));
  const from = source.client;
  await from.query(EVERYTHING);
  await from.query(`
    insert into "Upper case" values (1, E'tab \\t, line \\n, back \\\\, end \\\\.'), (2, null), (3, '');
    insert into trees values (1, 2), (2, 1);
    insert into hens values (1, null); insert into eggs values (1, 1); update hens set egg = 1;
    insert into counted (n) select generate_series(1, 100);
    insert into by_word values
      ('ä', '2026-01-31 12:00:00.123456+02', '\\x00ff', 0.1 + 0.2, '{"b": 1, "a": [null]}', '{a,"b c",NULL}'),
      ('z', 'infinity', '', 'NaN', 'null', '{}'), ('Z', null, null, null, null, null);
    insert into unkeyed values ('b', 1), ('a', 2), ('a', 2);
    insert into parts values (1, 1), (2, 2), (1, 2);
    insert into forgettable values (1)`);
  const tables = await readTables(from);
  expect(tables.map((table) => table.name)).toEqual([
    'Upper case',
    'by_word',
    'counted',
    'eggs',
    'hens',
    'parts',
    'told',
    'trees',
    'unkeyed',
  ]);

  const load = await Load.begin(target.client, [migration], [migration]);
  for (const table of tables) await load.table(table.name, table.columns, copyOut(from, table));
  for (const table of tables) {
    expect(await load.digest(table.name)).toEqual(await digestOf(copyOut(from, table)));
  }
  await load.finish(await readSequences(from));
  await target.client.query('commit');

  const to = target.client;
  const value = async (sql: string) => (await to.query(sql)).rows[0];
  expect(await value('insert into counted (n) values (7) returning id, twice')).toEqual({
    id: 102,
    twice: 14,
  });
  expect(await value('select total from sums')).toEqual({ total: 5090 });
  await expect(to.query('insert into eggs values (2, 99)')).rejects.toThrow('foreign key');
  await to.query(`insert into unkeyed values ('c', 3)`);
  // Once for each original row, once for the new one; not for loaded rows.
  expect(await value('select count(*) as told from told')).toEqual({ told: 4 });
  source.done();
  target.done();
});

test('an unfinished load leaves nothing', async () => {
  const database = await cluster.fresh({ migrated: false });
  const first = await aClient(Promise.resolve(database));
  await Load.begin(first.client, [migration], [migration]);
  first.done();
  const second = await aClient(Promise.resolve(database));
  await Load.begin(second.client, [migration], [migration]);
  second.done();
});

test('the digest of the streams changes with every change of an event or head', async () => {
  const { pool } = await (await cluster.fresh()).open({ pipelined: false });
  const seen = new Set<string>();
  const look = async () => {
    const client = await pool.connect();
    try {
      await client.query('begin isolation level repeatable read read only');
      return seen.add((await digestOfStreamsIn(client)).sha256).size;
    } finally {
      client.release(true);
    }
  };
  await pool.query(
    `insert into events values
     ('00000000-0000-7000-8000-000000000001', 1, 'a.b', gen_random_uuid(), null, now(), '{"a":1}')`,
  );
  expect(await look()).toBe(1);
  expect(await look()).toBe(1);
  const changes = [
    `update events set data = '{"a": 1}'`,
    `update events set seq = 2`,
    `update events set at = at + interval '1 microsecond'`,
    `update events set client_id = gen_random_uuid()`,
    `update streams set last_seq = 2`,
    `delete from events`,
  ];
  for (const [index, change] of changes.entries()) {
    await pool.query(change);
    expect(await look()).toBe(index + 2);
  }
});
