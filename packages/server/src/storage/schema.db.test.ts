import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

type Column = { table: string; name: string; type: string; nullable: boolean; generated: boolean };

test('schema.ts says of every column what the migrations made it', async () => {
  const { pool } = await (await cluster.fresh()).open();
  const { rows } = await pool.query<Column>(
    `select table_name as "table", column_name as name, udt_name as type,
            is_nullable = 'YES' as nullable, column_default is not null as generated
     from information_schema.columns
     where table_schema = 'public' and table_name <> 'schema_migrations'
     order by table_name, column_name`,
  );
  expect(declared()).toEqual(rows.map(describeColumn));
});

const baseTypes: Record<string, string> = {
  uuid: 'string',
  text: 'string',
  int8: 'number',
  int4: 'number',
  bool: 'boolean',
  timestamptz: 'Date',
  bytea: 'Buffer',
  json: 'Json',
};

function describeColumn({ table, name, type, nullable, generated }: Column): string {
  const base = `${baseTypes[type] ?? type}${nullable ? ' | null' : ''}`;
  return `${table}.${name}: ${generated ? `Generated<${base}>` : base}`;
}

/** The columns as schema.ts declares them, unions of texts taken as string. */
function declared(): string[] {
  const source = readFileSync(new URL('./schema.ts', import.meta.url), 'utf8');
  const tables = [...source.matchAll(/^ {2}(\w+): (\w+Table);$/gm)];
  return tables
    .flatMap(([, table, type]) => {
      const body = new RegExp(`interface ${type} \\{([^}]*)\\}`).exec(source)?.[1] ?? '';
      return [...body.matchAll(/^ {2}(\w+): (.*);$/gm)].map(
        ([, name, text = '']) => `${table}.${name}: ${text.replace(/'\w+'( \| '\w+')*/, 'string')}`,
      );
    })
    .sort(byCodePoint);
}

function byCodePoint(a: string, b: string): number {
  const [first, second] = [a.split(/[.:]/), b.split(/[.:]/)];
  for (const part of [0, 1]) {
    const [x = '', y = ''] = [first[part], second[part]];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
