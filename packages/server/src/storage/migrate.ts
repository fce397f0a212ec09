import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { Logger } from '../runtime/log.ts';

/** A numbered step of the database schema. */
export type Migration = { version: number; name: string; sql: string; checksum: string };

/** A migration that was applied to a database. */
export type AppliedMigration = Pick<Migration, 'version' | 'name' | 'checksum'>;

/** The schema of the database does not match this version of Parley. */
export class MigrationRefused extends Error {
  override name = 'MigrationRefused';
}

/** The location of the SQL files: next to this file, in src/ and dist/ (the build copies them). */
const migrationsDir = fileURLToPath(new URL('./migrations/', import.meta.url));

// An arbitrary key that nothing else in the database locks: "parley" in ASCII.
const advisoryLock = 0x7061726c6579;

/**
 * Applies the missing migrations; returns how many there were.
 *
 * 1. Forward only, in the order of their numbers, each in its own transaction together with
 *    its row in `schema_migrations`: applied and recorded, or neither.
 * 2. Several servers starting at once take turns (advisory lock): each is applied once.
 * 3. A migration that was changed after it was applied, or a database with more migrations than
 *    this version knows, is rejected with an error message, and nothing is changed.
 */
export async function migrate(
  pool: pg.Pool,
  log: Logger,
  migrations: readonly Migration[] = readMigrations(),
): Promise<number> {
  const client = await pool.connect();
  try {
    // Long migrations, and long waits for them, are fine. Session-wide: the connection is destroyed
    // at the end, which releases the advisory lock.
    await client.query('set statement_timeout = 0; set lock_timeout = 0');
    await takeTurn(client);
    await client.query(CREATE_HISTORY);
    const applied = await readHistory(client);
    refuseMismatch(applied, migrations);
    const pending = migrations.slice(applied.length);
    for (const migration of pending) await apply(client, migration, log);
    return pending.length;
  } finally {
    client.release(true);
  }
}

/**
 * Returns whether a database has the schema of this version, without changing it: `empty` if no
 * Parley was started on it, `older` if it lacks migrations of this version, `other` if it has
 * migrations that this version does not know.
 */
export async function migrationState(
  pool: pg.Pool,
  migrations: readonly Migration[] = readMigrations(),
): Promise<'current' | 'empty' | 'older' | 'other'> {
  const found = await pool.query<{ there: boolean }>(
    `select to_regclass('schema_migrations') is not null as there`,
  );
  if (!found.rows[0]?.there) return 'empty';
  const { rows } = await pool.query<{ checksum: string }>(
    'select checksum from schema_migrations order by version',
  );
  if (!rows.every((row, index) => row.checksum === migrations[index]?.checksum)) return 'other';
  return rows.length === migrations.length ? 'current' : 'older';
}

/**
 * Waits for the lock that serializes changes of the schema; it is held as long as the connection.
 */
export async function takeTurn(client: pg.ClientBase): Promise<void> {
  await client.query({
    text: 'select pg_advisory_lock($1)',
    values: [advisoryLock],
    ...unlimited,
  });
}

const CREATE_HISTORY = `create table if not exists schema_migrations (
  version    integer primary key,
  name       text not null,
  checksum   text not null,
  applied_at timestamptz not null default now()
)`;

/** Returns the migrations that were applied to a database, which must have the table of them. */
export async function readHistory(client: pg.ClientBase): Promise<AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    'select version, name, checksum from schema_migrations order by version',
  );
  return rows;
}

/**
 * Creates the empty tables that a database had after these migrations, in the transaction of
 * `client`.
 *
 * @throws {MigrationRefused} if this version does not know exactly these migrations
 */
export async function makeLayout(
  client: pg.ClientBase,
  applied: readonly AppliedMigration[],
  migrations: readonly Migration[],
): Promise<void> {
  refuseMismatch(applied, migrations);
  await client.query(CREATE_HISTORY);
  for (const { sql } of migrations.slice(0, applied.length)) await client.query(sql);
}

// The pool's query_timeout would abandon a long migration that continues in the database.
const unlimited = { query_timeout: 2 ** 31 - 1 };

/** Reads `0001_name.sql`, `0002_…` from a folder; the numbers must have no gap. */
export function readMigrations(dir = migrationsDir): Migration[] {
  const files = readdirSync(dir)
    .filter((file) => file.endsWith('.sql'))
    .sort();
  return files.map((file, index) => {
    const [, number, name] = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file) ?? [];
    if (number === undefined || name === undefined || Number(number) !== index + 1) {
      throw new Error(
        `${join(dir, file)}: migrations are named 0001_name.sql, 0002_… without a gap`,
      );
    }
    const sql = readFileSync(join(dir, file), 'utf8').replaceAll('\r\n', '\n');
    const checksum = createHash('sha256').update(sql).digest('hex');
    return { version: Number(number), name, sql, checksum };
  });
}

/**
 * Compares the migrations of a database (or of a backup) with those of this version.
 *
 * @throws {MigrationRefused} unless they are a prefix of them
 */
export function refuseMismatch(
  applied: readonly AppliedMigration[],
  known: readonly Migration[],
): void {
  const newer = applied.filter((row) => row.version > known.length);
  if (newer.length > 0) {
    throw new MigrationRefused(
      `The database was migrated by a newer version of Parley: it has the migration ${newer.map(title).join(', ')}, ` +
        `and this version knows only ${known.length}. Start the newer version, or restore a backup from before the upgrade.`,
    );
  }
  for (const [index, row] of applied.entries()) {
    const mine = known[index];
    if (mine === undefined || row.version !== mine.version || row.checksum !== mine.checksum) {
      throw new MigrationRefused(
        `The migration ${title(row)} was changed after it was applied to this database: ` +
          'the tables may differ from what this version expects. ' +
          'Start the version that created them, or restore its migration files.',
      );
    }
  }
}

async function apply(client: pg.PoolClient, migration: Migration, log: Logger): Promise<void> {
  const startedAt = performance.now();
  await client.query('begin');
  try {
    await client.query({ text: migration.sql, ...unlimited });
    await client.query(
      'insert into schema_migrations (version, name, checksum) values ($1, $2, $3)',
      [migration.version, migration.name, migration.checksum],
    );
    await client.query('commit');
  } catch (error) {
    throw new Error(`The migration ${title(migration)} failed: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const ms = Math.round(performance.now() - startedAt);
  log.info({ migration: title(migration), ms }, 'migration applied');
}

function title({ version, name }: { version: number; name: string }): string {
  return `${String(version).padStart(4, '0')}_${name}`;
}
