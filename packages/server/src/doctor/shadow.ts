import type pg from 'pg';
import { PROJECTION_TABLES } from './tables.ts';

/**
 * Creates empty temporary copies of the tables that follow from the events and puts them first in the
 * search path, so that projections on this connection fill them and cannot change the real tables.
 */
export async function makeShadows(client: pg.ClientBase, schema: string): Promise<void> {
  for (const { name, excluded } of PROJECTION_TABLES) {
    await client.query(
      `create temporary table ${name} (like ${schema}.${name} including defaults including indexes)`,
    );
    // Columns that do not follow from the events stay null.
    for (const column of Object.keys(excluded)) {
      await client.query(`alter table pg_temp.${name} alter column ${column} drop not null`);
    }
  }
  // Drop indexes that only speed up queries; the projections need the unique ones.
  const { rows } = await client.query<{ name: string }>(
    `select i.indexrelid::regclass::text as name
     from pg_index i join pg_class c on c.oid = i.indrelid
     where c.relnamespace = pg_my_temp_schema() and c.relname = any($1::name[])
       and not i.indisunique`,
    [PROJECTION_TABLES.map((t) => t.name)],
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
  await client.query(`set search_path = pg_temp, ${schema}`);
}
