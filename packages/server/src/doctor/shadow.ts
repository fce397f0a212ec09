import type pg from 'pg';
import { PROJECTION_TABLES } from './tables.ts';

/**
 * Makes empty temporary tables with the names and columns of those that follow from the events, and
 * puts them before the real ones: projections that run on this connection fill them, and the real
 * ones cannot be changed by mistake.
 */
export async function makeShadows(client: pg.ClientBase, schema: string): Promise<void> {
  for (const { name, beside } of PROJECTION_TABLES) {
    await client.query(
      `create temporary table ${name} (like ${schema}.${name} including defaults including indexes)`,
    );
    // What does not follow from the events is not there.
    for (const column of Object.keys(beside)) {
      await client.query(`alter table pg_temp.${name} alter column ${column} drop not null`);
    }
  }
  // Indexes for searching would only cost; those that say what is unique are needed.
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
