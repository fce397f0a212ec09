import type pg from 'pg';
import { PROJECTION_TABLES, type ProjectionTable } from './tables.ts';

/**
 * Creates empty temporary copies of the tables that follow from the events and puts them first in the
 * search path, so that projections on this connection fill them and cannot change the real tables.
 *
 * `schema` is the quoted name of the schema of the tables. All of it is one transaction, which takes half of the time of
 * one for each statement.
 */
export async function makeShadows(client: pg.ClientBase, schema: string): Promise<void> {
  await client.query('begin');
  await client.query(PROJECTION_TABLES.map((table) => shadowOf(table, schema)).join(';\n'));
  await client.query((await uniqueIndexes(client, schema)).join(';\n'));
  await client.query(`set search_path = pg_temp, ${schema}`);
  await client.query('commit');
}

/** SQL: creates the shadow of a table, without indexes. */
function shadowOf({ name, excluded }: ProjectionTable, schema: string): string {
  const create = `create temporary table ${name} (like ${schema}.${name} including defaults)`;
  // Columns that do not follow from the events stay null.
  const nullable = Object.keys(excluded).map((column) => `alter column ${column} drop not null`);
  if (nullable.length === 0) return create;
  return `${create};\nalter table pg_temp.${name} ${nullable.join(', ')}`;
}

/**
 * Returns the statements that create the unique indexes of the tables on their shadows. The projections need them; the
 * other indexes only speed up queries.
 */
async function uniqueIndexes(client: pg.ClientBase, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ definition: string }>(
    `select pg_get_indexdef(i.indexrelid) as definition
     from pg_index i join pg_class c on c.oid = i.indrelid
     where c.relnamespace = $1::regnamespace and c.relname = any($2::name[]) and i.indisunique`,
    [schema, PROJECTION_TABLES.map((table) => table.name)],
  );
  return rows.map(({ definition }) => definition.replace(` ON ${schema}.`, ' ON pg_temp.'));
}
