import pg from 'pg';

/** A table to back up. Names are unquoted, as in the catalog. */
export interface Table {
  readonly name: string;
  /** The columns, without generated ones. */
  readonly columns: readonly string[];
  /** SQL that orders the rows in the same way on every server. */
  readonly order: string;
}

/** A sequence and its state. */
export interface Sequence {
  readonly name: string;
  readonly lastValue: string;
  readonly isCalled: boolean;
}

/**
 * Returns the tables to back up. They are read from the catalog, so that tables of later migrations
 * are included automatically.
 *
 * Only these are excluded: temporary and unlogged tables (PostgreSQL truncates them after a crash),
 * partitions (their parent contains their rows), views, and what belongs to an extension.
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

/** Orders by the primary key, text by its bytes: collations may differ between servers. */
function orderOf(name: string, key: { name: string; collated: boolean }[] | null): string {
  if (key === null) return `${quote(name)}::text collate "C"`;
  return key
    .map((column) => `${quote(column.name)}${column.collated ? ' collate "C"' : ''}`)
    .join(', ');
}

/** Returns the sequences that are not temporary, with their state. */
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

/** Returns the relations in the schema; for a restore there must be none. */
export async function readRelations(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace
      and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and ${NOT_OF_AN_EXTENSION}
    order by c.relkind in ('r', 'p') desc, c.relname`);
  return rows.map((row) => row.name);
}

/** Quotes a name for SQL. */
export const quote = pg.escapeIdentifier;
