import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  startTestCluster,
  type TestCluster,
  type TestDatabase,
  testLog,
} from '../../test/support/database.ts';
import { findBinaries } from './binaries.ts';
import { openDatabase, UnsafeDatabase } from './database.ts';
import { startEmbedded } from './embedded.ts';
import { findRunAs } from './run-as.ts';

let cluster: TestCluster;
let database: TestDatabase;
beforeAll(async () => {
  cluster = await startTestCluster();
  database = await cluster.fresh();
});
afterAll(() => cluster.stop());

describe('openDatabase', () => {
  test('accepts the address in DATABASE_URL', async () => {
    const opened = await openDatabase({ connectionString: database.url }, testLog);
    const { rows } = await opened.pool.query('select current_database() as name');
    expect(rows[0].name).toBe(database.address.database);
    await opened.close();
  });

  test('returns seqs and counts as numbers', async () => {
    const { pool } = await database.open();
    expect(
      (await pool.query('select count(*) as n, 9007199254740991::bigint as big')).rows,
    ).toEqual([{ n: 1, big: Number.MAX_SAFE_INTEGER }]);
    const { rows } = await pool.query(
      `select kind, last_seq from streams where kind = 'workspace'`,
    );
    expect(rows).toEqual([{ kind: 'workspace', last_seq: 0 }]);
  });

  test('sets timeouts, so that nothing waits forever', async () => {
    const { pool } = await database.open();
    const { rows } = await pool.query(
      `select name, setting::int as ms from pg_settings where name in
       ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout') order by name`,
    );
    for (const row of rows) expect(row.ms).toBeGreaterThan(0);
    expect(rows).toHaveLength(3);
  });

  test('refuses a database with synchronous_commit off', async () => {
    const { address, open } = await cluster.fresh();
    const { pool } = await open();
    await pool.query(`alter database ${address.database} set synchronous_commit = off`);
    const refused = openDatabase(address, testLog);
    await expect(refused).rejects.toThrow(UnsafeDatabase);
    await expect(refused).rejects.toThrow('has synchronous_commit off');
  });

  test.each([
    [['fsync'], 'has fsync off'],
    [['fsync', 'full_page_writes'], 'has fsync and full_page_writes off'],
  ])('refuses a server with %j off', async (names, description) => {
    const server = await anExternalServer(names);
    const refused = openDatabase(server.address, testLog);
    await expect(refused).rejects.toThrow(UnsafeDatabase);
    await expect(refused).rejects.toThrow(description);
    await server.stop();
  });

  test('waits for a database that is not ready yet', async () => {
    const server = await anExternalServer([], { late: true });
    const opening = openDatabase(server.address, testLog, { waitMs: 20_000 });
    await server.start();
    await (await opening).close();
    await server.stop();
  });

  test('gives up on a database that never answers, and says why', async () => {
    const nowhere = { connectionString: 'postgres://parley@127.0.0.1:1/parley' };
    await expect(openDatabase(nowhere, testLog, { waitMs: 300 })).rejects.toThrow(
      /did not answer within 0.3 s: .*ECONNREFUSED/,
    );
  });
});

/** A PostgreSQL that Parley did not set up, with some settings off. */
async function anExternalServer(off: readonly string[], { late = false } = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-external-'));
  const made = await startEmbedded({ dataDir, log: testLog });
  await made.stop();
  const clusterDir = join(dataDir, 'postgres');
  const { runAs, binaries } = await findRunAs(findBinaries(), dataDir, clusterDir, testLog);
  let ended: Promise<unknown> = Promise.resolve();
  let stopServer = () => {};
  const start = async () => {
    const settings = [
      'listen_addresses=',
      `unix_socket_directories=${clusterDir}`,
      ...off.map((name) => `${name}=off`),
    ].flatMap((setting) => ['-c', setting]);
    const { command, args, options } = runAs.invoke(join(binaries.root, 'bin', 'postgres'), [
      '-D',
      clusterDir,
      ...settings,
    ]);
    const child = spawn(command, args, { ...options, stdio: 'ignore' });
    ended = new Promise((resolve) => child.once('exit', resolve));
    stopServer = () => child.kill('SIGINT');
  };
  if (!late) await start();
  return {
    address: made.connection,
    start,
    stop: async () => {
      stopServer();
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
