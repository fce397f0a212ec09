import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import {
  type Migration,
  MigrationRefused,
  migrate,
  migrationState,
  readMigrations,
} from './migrate.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

const step = (version: number, sql: string): Migration => ({
  version,
  name: `step_${version}`,
  sql,
  checksum: `of ${sql}`,
});

async function emptyDatabase() {
  const { pool } = await (await cluster.fresh({ migrated: false })).open();
  return pool;
}

describe('migrate', () => {
  test('applies every migration once, however many servers start at once', async () => {
    const database = await cluster.fresh({ migrated: false });
    const pools = await Promise.all([database.open(), database.open(), database.open()]);

    const applied = await Promise.all(pools.map(({ pool }) => migrate(pool, testLog)));

    const count = readMigrations().length;
    expect(applied.toSorted()).toEqual([0, 0, count]);
    const { rows } = await (await database.open()).pool.query(
      'select version from schema_migrations order by version',
    );
    expect(rows.map((row) => row.version)).toEqual(readMigrations().map((m) => m.version));
  });

  test('applies a migration completely or not at all', async () => {
    const pool = await emptyDatabase();
    const good = step(1, 'create table one (id int)');
    const bad = step(2, 'create table two (id int); select 1 / 0');

    await expect(migrate(pool, testLog, [good, bad])).rejects.toThrow(
      'The migration 0002_step_2 failed: division by zero',
    );

    const { rows } = await pool.query(
      `select to_regclass('one') as one, to_regclass('two') as two`,
    );
    expect(rows).toEqual([{ one: 'one', two: null }]);
    expect(await migrate(pool, testLog, [good, step(2, 'create table two (id int)')])).toBe(1);
  });

  test('tells an older schema from one that it does not know', async () => {
    const pool = await emptyDatabase();
    const [one, two] = [step(1, 'create table one ()'), step(2, 'create table two ()')];
    expect(await migrationState(pool, [one])).toBe('empty');
    await migrate(pool, testLog, [one]);
    expect(await migrationState(pool, [one])).toBe('current');
    expect(await migrationState(pool, [one, two])).toBe('older');
    expect(await migrationState(pool, [two])).toBe('other');
    expect(await migrationState(pool, [])).toBe('other');
  });

  test('refuses a migration that was changed after it was applied', async () => {
    const pool = await emptyDatabase();
    await migrate(pool, testLog, [step(1, 'create table one (id int)')]);

    const refused = migrate(pool, testLog, [step(1, 'create table one (id bigint)')]);

    await expect(refused).rejects.toThrow(MigrationRefused);
    await expect(refused).rejects.toThrow('0001_step_1 was changed after it was applied');
  });

  test('refuses a database that is newer than the program', async () => {
    const pool = await emptyDatabase();
    const one = step(1, 'create table one (id int)');
    await migrate(pool, testLog, [one, step(2, 'create table two (id int)')]);

    await expect(migrate(pool, testLog, [one])).rejects.toThrow(
      'The database was migrated by a newer version of Parley: it has the migration 0002_step_2',
    );
  });
});
