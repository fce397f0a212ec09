import type { StreamId } from '@parley/protocol';
import type pg from 'pg';
import { type FindingKind, type FindingList, PLACES_MAX } from './findings.ts';
import { PROJECTION_TABLES, type ProjectionTable } from './tables.ts';

/** A difference between a table and its shadow. */
interface DifferenceRow {
  kind: Extract<FindingKind, 'row_missing' | 'row_without_event' | 'row_differs'>;
  key: Record<string, string | number>;
  columns: string[];
  repairable: boolean;
  n: number;
}

/**
 * Compares every table with its shadow, in both directions. Returns the streams whose rows can be
 * repaired. Rows of damaged streams cannot.
 */
export async function compareTables(
  client: pg.ClientBase,
  schema: string,
  damaged: ReadonlySet<StreamId>,
  found: FindingList,
): Promise<Set<StreamId>> {
  const streams = new Set<StreamId>();
  for (const table of PROJECTION_TABLES) {
    const { rows } = await client.query<DifferenceRow>(firstDifferences(table, schema), [
      [...damaged],
    ]);
    const counted = new Set<string>();
    for (const { kind, key, columns, repairable, n } of rows) {
      const group = `${kind} ${repairable}`;
      const place = kind === 'row_differs' ? { key, detail: columns.join(', ') } : { key };
      // The first place carries the count of its kind.
      found.add(kind, table.name, place, { repairable, count: counted.has(group) ? 0 : n });
      counted.add(group);
    }
    if (rows.some((row) => row.repairable)) {
      const all = await client.query<{ stream: StreamId }>(streamsToRepair(table, schema), [
        [...damaged],
      ]);
      for (const { stream } of all.rows) streams.add(stream);
    }
    if (table.parent) await findOrphans(client, table, table.parent, found);
  }
  return streams;
}

/** Finds rows that the events gave no parent, such as a reaction without its message. */
async function findOrphans(
  client: pg.ClientBase,
  { name, key }: ProjectionTable,
  parent: NonNullable<ProjectionTable['parent']>,
  found: FindingList,
): Promise<void> {
  const on = Object.entries(parent.columns).map(([mine, its]) => `p.${its} = t.${mine}`);
  const { rows } = await client.query<{ key: Record<string, string | number>; n: number }>(
    `select ${keyOf(key, (column) => `t.${column}`)} as key, count(*) over ()::int as n
     from pg_temp.${name} t
     where not exists (select from pg_temp.${parent.table} p where ${on.join(' and ')})
     limit ${PLACES_MAX}`,
  );
  for (const [i, row] of rows.entries()) {
    const place = { key: row.key, detail: `${name} without ${parent.table}` };
    found.add('event_without_target', 'events', place, { count: i === 0 ? row.n : 0 });
  }
}

/** SQL: the first places of each kind of difference. $1: the damaged streams. */
const firstDifferences = (table: ProjectionTable, schema: string) => `
  select kind, key, columns, repairable, n::int as n
  from (
    select d.*,
      count(*) over (partition by kind, repairable) as n,
      row_number() over (partition by kind, repairable order by order_key) as place
    from (${differences(table, schema)}) d
  ) numbered
  where place <= ${PLACES_MAX}
  order by kind, repairable, place`;

const streamsToRepair = (table: ProjectionTable, schema: string) => `
  select distinct stream from (${differences(table, schema)}) d where repairable`;

/**
 * SQL: the rows that differ between a table and its shadow. The key is unique on both sides, so this
 * is EXCEPT in both directions, and also returns which columns differ.
 */
function differences(table: ProjectionTable, schema: string): string {
  const { name, key, columns } = table;
  const stream = `case when a.${key[0]} is null then ${table.stream('b')} else ${table.stream('a')} end`;
  const differing = columns.map((c) => `case when a.${c} is distinct from b.${c} then '${c}' end`);
  // Rows of accounts are never inserted or deleted: the events lack most of their columns.
  const rows = table.rows ? 'true' : 'a.id is not null and b.id is not null';
  return `
    select
      case when b.${key[0]} is null then 'row_without_event'
           when a.${key[0]} is null then 'row_missing'
           else 'row_differs' end as kind,
      ${keyOf(key, (column) => `coalesce(a.${column}, b.${column})`)} as key,
      row(${key.map((column) => `coalesce(a.${column}, b.${column})`).join(', ')}) as order_key,
      array_remove(array[${differing.join(', ')}]::text[], null) as columns,
      s.id as stream,
      ${rows} and s.id is not null and s.id <> all ($1::uuid[]) as repairable
    from ${schema}.${name} a
    full join pg_temp.${name} b on ${key.map((c) => `a.${c} = b.${c}`).join(' and ')}
    -- Rows of a stream that does not exist are not repairable: they are all that is left of it.
    left join streams s on s.id = ${stream}
    where a.${key[0]} is null or b.${key[0]} is null
      or ${distinct(columns)}`;
}

/** SQL: whether the rows `a` and `b` differ. */
export function distinct(columns: readonly string[]): string {
  const side = (alias: string) => columns.map((c) => `${alias}.${c}`).join(', ');
  return `row(${side('a')}) is distinct from row(${side('b')})`;
}

function keyOf(key: readonly string[], value: (column: string) => string): string {
  return `json_build_object(${key.map((c) => `'${c}', ${value(c)}`).join(', ')})`;
}
