import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { LOG_TABLES, STATE_TABLES } from './other-tables.ts';
import { PROJECTION_TABLES } from './tables.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

// A migration that adds a table or a column fails here: tables.ts must say whether it follows from
// the events (then the doctor compares and repairs it) or not (then it must say why).
test('every table and column of the schema is listed', async () => {
  const { pool } = await (await cluster.fresh()).open();
  const { rows } = await pool.query<{ table: string; columns: string[]; key: string[] }>(
    `select c.relname as "table",
       (select json_agg(a.attname) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select json_agg(a.attname order by k.n)
        from pg_index i
        cross join unnest(i.indkey) with ordinality as k (attnum, n)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where i.indrelid = c.oid and i.indisprimary) as key
     from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`,
  );
  const there = Object.fromEntries(
    rows.map(({ table, columns }) => [table, table in STATE_TABLES ? [] : columns.sort()]),
  );
  const known = Object.fromEntries([
    ...PROJECTION_TABLES.map((t) => [
      t.name,
      [...t.key, ...t.columns, ...Object.keys(t.excluded)].sort(),
    ]),
    ...Object.entries(LOG_TABLES).map(([name, columns]) => [name, [...columns].sort()]),
    ...Object.keys(STATE_TABLES).map((name) => [name, []]),
  ]);
  expect(there).toEqual(known);
  for (const { name, key } of PROJECTION_TABLES) {
    expect(rows.find((row) => row.table === name)?.key).toEqual(key);
  }
});

test('everything that is not compared has a reason', () => {
  const reasons = [
    ...PROJECTION_TABLES.flatMap((t) => Object.values(t.excluded)),
    ...Object.values(STATE_TABLES),
  ];
  for (const reason of reasons) expect(reason.length).toBeGreaterThan(10);
});
