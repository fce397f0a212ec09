import pg from 'pg';

/** A table whose rows are kept. Names are as the catalog has them, unquoted. */
export interface Table {
  readonly name: string;
  /** The columns that hold something of their own: generated ones follow from them. */
  readonly columns: readonly string[];
  /** SQL that puts the rows into one order, the same on every server. */
  readonly order: string;
}

/** A counter, and where it stands. */
export interface Sequence {
  readonly name: string;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/**
 * The tables that must be kept, read from the database itself, so that a table that a later
 * migration makes is in every backup automatically.
 *
 * Left out, and this is all that is: temporary and unlogged tables (PostgreSQL itself empties them
 * after a crash, so they hold nothing to be kept), partitions (their parent has their rows), views,
 * and what belongs to an extension.
 */
export async function readTables(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<{
    name: string;
    columns: string[];
    key: { name: string; collated: boolean }[] | null;
  }>(`
    select c.relname as name,
      (select json_agg(a.attname order by a.attnum) from pg_attribute a
       where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '')
        as columns,
      (select json_agg(json_build_object('name', a.attname, 'collated', a.attcollation <> 0)
                       order by k.place)
       from pg_index i
       cross join unnest(i.indkey) with ordinality as k (attnum, place)
       join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
       where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace
      and c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence = 'p'
      and ${NOT_OF_AN_EXTENSION}
    order by c.relname collate "C"`);
  return rows.map(({ name, columns, key }) => ({ name, columns, order: orderOf(name, key) }));
}

const NOT_OF_AN_EXTENSION = `not exists (
  select from pg_depend d
  where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

/** By the primary key, text by its bytes: servers may sort words differently, but not bytes. */
function orderOf(name: string, key: { name: string; collated: boolean }[] | null): string {
  if (key === null) return `${quote(name)}::text collate "C"`;
  return key
    .map((column) => `${quote(column.name)}${column.collated ? ' collate "C"' : ''}`)
    .join(', ');
}

/** The counters that are not temporary, and where they stand. */
export async function readSequences(client: pg.ClientBase): Promise<Sequence[]> {
  const { rows } = await client.query<{ name: string }>(`
    select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace
      and c.relkind = 'S' and c.relpersistence = 'p' and ${NOT_OF_AN_EXTENSION}
    order by c.relname collate "C"`);
  const sequences: Sequence[] = [];
  for (const { name } of rows) {
    const { rows: states } = await client.query<{ lastValue: string; isCalled: boolean }>(
      `select last_value::text as "lastValue", is_called as "isCalled" from ${quote(name)}`,
    );
    for (const state of states) sequences.push({ name, ...state });
  }
  return sequences;
}

/** Everything that stands in the schema already: a place for a restore has nothing. */
export async function readRelations(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace
      and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and ${NOT_OF_AN_EXTENSION}
    order by c.relkind in ('r', 'p') desc, c.relname`);
  return rows.map((row) => row.name);
}

/** A name as SQL. */
export const quote = pg.escapeIdentifier;
