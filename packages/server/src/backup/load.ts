import type pg from 'pg';
import {
  type AppliedMigration,
  type Migration,
  makeLayout,
  readMigrations,
  takeTurn,
} from '../storage/migrate.ts';
import { quote, readRelations, readTables, type Sequence, type Table } from './catalog.ts';
import { copyIn, copyOut, digestOf, prepareSession, type TableDigest } from './copy.ts';

/** The target of a restore or move is not empty. */
export class PlaceNotEmpty extends Error {
  override name = 'PlaceNotEmpty';
}

/**
 * Loads an empty database in one transaction: {@link begin}, {@link table} for each table,
 * {@link finish}, and the caller’s COMMIT. Until then nothing is visible to others, and an
 * interruption leaves the database empty.
 */
export class Load {
  readonly #client: pg.ClientBase;
  readonly #tables: ReadonlyMap<string, Table>;
  readonly #constraints: readonly Constraint[];

  private constructor(
    client: pg.ClientBase,
    tables: readonly Table[],
    constraints: readonly Constraint[],
  ) {
    this.#client = client;
    this.#tables = new Map(tables.map((table) => [table.name, table]));
    this.#constraints = constraints;
  }

  /**
   * Begins the transaction and creates the empty tables of the given migrations.
   *
   * @throws {PlaceNotEmpty} when the database has anything in it
   * @throws {import('../storage/migrate.ts').MigrationRefused} when this version does not know the migrations
   */
  static async begin(
    client: pg.ClientBase,
    applied: readonly AppliedMigration[],
    migrations: readonly Migration[] = readMigrations(),
  ): Promise<Load> {
    await prepareSession(client);
    // A server that starts in the meantime waits for this lock, and so does a second restore. The lock
    // of a process that was killed is released when the database notices.
    await takeTurn(client);
    await refuseUsed(client);
    await client.query('begin');
    await makeLayout(client, applied, migrations);
    const tables = await readTables(client);
    const names = tables.map((table) => quote(table.name));
    // Rows that migrations insert are part of the backup.
    await client.query(`truncate ${names.join(', ')}`);
    const constraints = await dropForeignKeys(client);
    for (const name of names) await client.query(`alter table ${name} disable trigger user`);
    return new Load(client, tables, constraints);
  }

  /** Inserts the rows of a table; returns their number. */
  async table(name: string, columns: readonly string[], rows: AsyncIterable<Buffer>) {
    const table = this.#tables.get(name);
    const missing = table && columns.filter((column) => !table.columns.includes(column));
    if (table === undefined || missing === undefined || missing.length > 0) {
      throw new Error(`The schema has no table ${name} with the columns ${columns.join(', ')}`);
    }
    return await copyIn(this.#client, { name, columns }, rows);
  }

  /** Returns the digest of the current rows of a table. */
  digest(name: string): Promise<TableDigest> {
    return digestOf(copyOut(this.#client, this.#tables.get(name) as Table));
  }

  /** The names of the tables in the schema. */
  get names(): string[] {
    return [...this.#tables.keys()];
  }

  /** Restores triggers, foreign keys (which checks all rows) and sequences, and refreshes views. */
  async finish(sequences: readonly Sequence[]): Promise<void> {
    const client = this.#client;
    for (const name of this.#tables.keys()) {
      await client.query(`alter table ${quote(name)} enable trigger user`);
    }
    for (const { table, name, definition } of this.#constraints) {
      await client.query(`alter table ${table} add constraint ${quote(name)} ${definition}`);
    }
    for (const { name, lastValue, isCalled } of sequences) {
      await client.query('select setval($1::text::regclass, $2::bigint, $3)', [
        quote(name),
        lastValue,
        isCalled,
      ]);
    }
    const { rows } = await client.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class
       where relnamespace = current_schema()::regnamespace and relkind = 'm'`,
    );
    for (const { name } of rows) await client.query(`refresh materialized view ${name}`);
  }
}

type Constraint = { table: string; name: string; definition: string };

/**
 * Drops the foreign keys and returns them, so that tables can be loaded in any order and each key is
 * checked once, for all rows, at the end. (Disabling the checks needs a superuser and checks nothing.)
 */
async function dropForeignKeys(client: pg.ClientBase): Promise<Constraint[]> {
  const { rows } = await client.query<Constraint>(
    `select conrelid::regclass::text as "table", conname as name,
            pg_get_constraintdef(oid) as definition
     from pg_constraint
     where contype = 'f' and conparentid = 0 and connamespace = current_schema()::regnamespace
     order by 1, 2`,
  );
  for (const { table, name } of rows) {
    await client.query(`alter table ${table} drop constraint ${quote(name)}`);
  }
  return rows;
}

async function refuseUsed(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string; encoding: string }>(
    `select current_database() as name, current_setting('server_encoding') as encoding`,
  );
  const { name, encoding } = rows[0] as { name: string; encoding: string };
  const there = await readRelations(client);
  if (there.length > 0) {
    const some = there.slice(0, 5).join(', ');
    throw new PlaceNotEmpty(
      `The database ${name} is not empty: it contains ${some}${there.length > 5 ? ' …' : ''}. ` +
        'Nothing was changed. Use a new, empty database.',
    );
  }
  if (encoding !== 'UTF8') {
    throw new Error(
      `The database ${name} has the encoding ${encoding}; Parley needs UTF8: ` +
        `create database … encoding 'UTF8' template template0`,
    );
  }
}
