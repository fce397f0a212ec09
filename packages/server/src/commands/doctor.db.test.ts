import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { type Child, startCli } from '../../test/support/child.ts';
import { testLog } from '../../test/support/database.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { copyCluster } from '../../test/support/template.ts';
import { reachDatabase } from '../storage/reach.ts';

let dataDir: string;
let env: Record<string, string>;
const children: Child[] = [];
beforeEach(() => {
  dataDir = makeTempDir('doctor');
  env = { PARLEY_DATA: dataDir, PORT: '0', LOG_LEVEL: 'error', DATABASE_URL: '' };
});
afterEach(async () => {
  for (const child of children.splice(0)) await child.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Starts the server on a migrated database and waits until it is ready. */
async function serve(): Promise<Child> {
  const template = inject('databaseTemplate');
  if (template !== undefined) await copyCluster(template, dataDir);
  const child = startCli(['start'], env);
  children.push(child);
  expect(await child.line()).toMatch(/^Parley is ready/);
  return child;
}

async function stop(child: Child): Promise<void> {
  child.process.kill('SIGTERM');
  expect(await child.ended).toBe(0);
}

/** Runs the doctor to its end. */
async function ask(
  args: readonly string[] = [],
  settings = env,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = startCli(['doctor', ...args], settings);
  let out = '';
  child.process.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const code = await child.ended;
  return { code, out, err: child.stderr() };
}

const sql = async (text: string) => {
  const config = { dataDir, databaseUrl: undefined };
  const { database, by, close } = await reachDatabase(config, testLog);
  await database.pool.query(text);
  await close();
  return by;
};

test('checks and repairs with and without a running server', async () => {
  const server = await serve();
  expect(await ask()).toEqual({
    code: 0,
    out: expect.stringMatching(/^No problems found/),
    err: '',
  });

  const damage = `update conversations set name = 'forged', member_count = 9`;
  expect(await sql(damage)).toBe('server');
  const seen = await ask(['--json']);
  expect(seen.code).toBe(1);
  expect(JSON.parse(seen.out)).toMatchObject({
    found: [{ kind: 'row_differs', table: 'conversations', count: 1, repairable: true }],
  });
  expect(await ask(['--repair'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('All problems were repaired'),
  });
  await stop(server);

  // It starts and stops the database itself.
  expect(await ask()).toMatchObject({ code: 0, err: '' });
  expect(await sql(damage)).toBe('folder');
  const again = await ask(['--repair', '--json']);
  expect(again).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(again.out)).toMatchObject({ found: [{ count: 1 }], left: [] });
  expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);

  expect(await sql('update streams set last_seq = last_seq + 1')).toBe('folder');
  expect(await ask(['--repair'])).toMatchObject({
    code: 1,
    out: expect.stringMatching(
      /except for:\n.*events: events are missing from a stream \(2; cannot/,
    ),
  });
});

test('the doctor connects to the database of DATABASE_URL', async () => {
  await serve();
  const { database, close } = await reachDatabase({ dataDir, databaseUrl: undefined }, testLog);
  const { host, port, user } = database.pool.options as pg.PoolConfig;
  const url = `postgres://${user}@localhost/parley?host=${encodeURIComponent(host ?? '')}&port=${port}`;
  const elsewhere = { ...env, PARLEY_DATA: join(dataDir, 'none'), DATABASE_URL: url };
  expect(await ask([], elsewhere)).toMatchObject({ code: 0 });
  await database.pool.query('create database bare');
  await close();
  expect(await ask([], { ...elsewhere, DATABASE_URL: url.replace('/parley?', '/bare?') })).toEqual({
    code: 2,
    out: '',
    err: expect.stringContaining('no Parley server has been started on it'),
  });
});

test('a doctor that cannot run reports why, and exits with 2', async () => {
  expect(await ask()).toEqual({ code: 2, out: '', err: expect.stringContaining('no database in') });
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
  expect(await ask(['--now'])).toMatchObject({ code: 2, err: expect.stringContaining('--now') });
  expect(await ask([], { ...env, PORT: 'x' })).toMatchObject({ code: 2 });
});
