import type { StreamId } from '@parley/protocol';
import type pg from 'pg';
import { distinct } from './compare.ts';
import { PROJECTION_TABLES, type ProjectionTable } from './tables.ts';

/**
 * Copies the rows of these streams from the shadow tables into the real ones, moves the heads of the
 * streams `behind` to the end of their logs, and read cursors into their conversations. Call it in a
 * transaction that has locked the streams.
 */
export async function writeRepair(
  client: pg.ClientBase,
  schema: string,
  sound: readonly StreamId[],
  behind: readonly StreamId[],
): Promise<void> {
  // Delete children before parents, insert parents before children.
  for (const table of PROJECTION_TABLES.toReversed()) {
    if (table.rows) await client.query(removal(table, schema), [sound]);
  }
  for (const table of PROJECTION_TABLES) {
    // A row may consist only of its key.
    if (table.columns.length > 0) await client.query(change(table, schema), [sound]);
    if (table.rows) {
      await client.query(addition(table, schema, await ownColumns(client, table, schema)), [sound]);
    }
  }
  await client.query(HEADS, [behind]);
  await client.query(cursors(schema), [sound]);
}

const onKey = ({ key }: ProjectionTable) => key.map((c) => `a.${c} = b.${c}`).join(' and ');

const removal = (table: ProjectionTable, schema: string) => `
  delete from ${schema}.${table.name} a
  where ${table.stream('a')} = any($1::uuid[])
    and not exists (select from pg_temp.${table.name} b where ${onKey(table)})`;

const change = (table: ProjectionTable, schema: string) => `
  update ${schema}.${table.name} a
  set ${table.columns.map((c) => `${c} = b.${c}`).join(', ')}
  from pg_temp.${table.name} b
  where ${onKey(table)} and ${table.stream('b')} = any($1::uuid[])
    and ${distinct(table.columns)}`;

const addition = (table: ProjectionTable, schema: string, columns: readonly string[]) => `
  insert into ${schema}.${table.name} (${columns.join(', ')})
  select ${columns.map((c) => `b.${c}`).join(', ')} from pg_temp.${table.name} b
  where ${table.stream('b')} = any($1::uuid[])
    and not exists (select from ${schema}.${table.name} a where ${onKey(table)})`;

/** Returns the columns that are stored, not generated. New rows need the excluded ones too. */
async function ownColumns(
  client: pg.ClientBase,
  { name }: ProjectionTable,
  schema: string,
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select quote_ident(attname) as name from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''
     order by attnum`,
    [`${schema}.${name}`],
  );
  return rows.map((row) => row.name);
}

const HEADS = `
  update streams s
  set last_seq = e.seq, last_at = e.at
  from (select distinct on (stream_id) stream_id, seq, at from events
        where stream_id = any($1::uuid[])
        order by stream_id, seq desc) e
  where s.id = e.stream_id and s.last_seq <= e.seq`;

/** SQL: also raises the read version of the account, so that its clients fetch the cursors again. */
const cursors = (schema: string) => `
  with moved as (
    update ${schema}.memberships m
    set read_seq = greatest(0, least(m.read_seq, s.last_seq))
    from streams s
    where s.id = m.conversation_id and s.id = any($1::uuid[])
      and (m.read_seq > s.last_seq or m.read_seq < 0)
    returning m.account_id
  )
  update ${schema}.accounts a set read_version = a.read_version + 1
  where a.id in (select account_id from moved)`;
