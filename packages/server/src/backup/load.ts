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

/** There is something already in the place where something was to be put. */
export class PlaceNotEmpty extends Error {
  override name = 'PlaceNotEmpty';
}

/**
 * Fills an empty database in one transaction: {@link begin}, {@link table} for each table,
 * {@link finish}, and the caller’s COMMIT. Until then it is
 * invisible to others, and an interruption leaves the database empty.
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
   * Begins the transaction and makes the empty tables of the given migrations.
   *
   * @throws {PlaceNotEmpty} when the database has anything in it
   * @throws {import('../storage/migrate.ts').MigrationRefused} when it is not a layout of this program
   */
  static async begin(
    client: pg.ClientBase,
    applied: readonly AppliedMigration[],
    migrations: readonly Migration[] = readMigrations(),
  ): Promise<Load> {
    await prepareSession(client);
    // A server that starts meanwhile waits here, and so does a second restore. Those who were cut
    // off a moment ago lose their turn when the database notices.
    await takeTurn(client);
    await refuseUsed(client);
    await client.query('begin');
    await makeLayout(client, applied, migrations);
    const tables = await readTables(client);
    const names = tables.map((table) => quote(table.name));
    // Rows that a migration has put in come with the others.
    await client.query(`truncate ${names.join(', ')}`);
    const constraints = await dropForeignKeys(client);
    for (const name of names) await client.query(`alter table ${name} disable trigger user`);
    return new Load(client, tables, constraints);
  }

  /** Puts the rows of a table in; returns their number. */
  async table(name: string, columns: readonly string[], rows: AsyncIterable<Buffer>) {
    const table = this.#tables.get(name);
    const missing = table && columns.filter((column) => !table.columns.includes(column));
    if (table === undefined || missing === undefined || missing.length > 0) {
      throw new Error(`The layout has no table ${name} with the columns ${columns.join(', ')}`);
    }
    return await copyIn(this.#client, { name, columns }, rows);
  }

  /** What a table amounts to as it stands now. */
  digest(name: string): Promise<TableDigest> {
    return digestOf(copyOut(this.#client, this.#tables.get(name) as Table));
  }

  /** The tables of the layout. */
  get names(): string[] {
    return [...this.#tables.keys()];
  }

  /** Brings back what was put aside while rows came in, and with it the checks of the whole. */
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
 * Without foreign keys the tables may come in any order, and each key is checked once for all rows
 * in the end. (Switching checks off instead wants a superuser, and would check nothing.)
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
      `The database ${name} is not empty: it has ${some}${there.length > 5 ? ' …' : ''}. ` +
        'Nothing was changed. Name a new, empty database.',
    );
  }
  if (encoding !== 'UTF8') {
    throw new Error(
      `The database ${name} has the encoding ${encoding}; Parley needs UTF8: ` +
        `create database … encoding 'UTF8' template template0`,
    );
  }
}
