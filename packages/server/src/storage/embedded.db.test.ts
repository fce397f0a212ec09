import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Child, startChild } from '../../test/support/child.ts';
import { testLog } from '../../test/support/database.ts';
import { createLogger } from '../runtime/log.ts';
import { openDatabase } from './database.ts';
import { type Embedded, startEmbedded } from './embedded.ts';
import { exists, processesInCluster, processIdentity, waitUntil } from './processes.ts';

let base: string;
let dataDir: string;
const running: Embedded[] = [];
const children: Child[] = [];

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-embedded-'));
  dataDir = join(base, 'data');
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.kill()));
  for (const embedded of running.splice(0)) await embedded.stop();
  await waitUntil(
    async () => (await processesInCluster(join(dataDir, 'postgres'))).length === 0,
    20_000,
  );
  rmSync(base, { recursive: true, force: true });
});

async function start(folder = dataDir, log = testLog): Promise<Embedded> {
  const embedded = await startEmbedded({ dataDir: folder, log });
  running.push(embedded);
  return embedded;
}

async function stop(embedded: Embedded): Promise<void> {
  running.splice(running.indexOf(embedded), 1);
  await embedded.stop();
}

async function query(embedded: Pick<Embedded, 'connection'>, sql: string) {
  const client = new pg.Client(embedded.connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function startInChild(): Promise<{
  child: Child;
  pid: number;
  connection: Embedded['connection'];
}> {
  const child = startChild('./embedded-child.ts', [dataDir]);
  children.push(child);
  return { child, ...JSON.parse(await child.line()) };
}

const isGone = (pid: number) => async () => (await processIdentity(pid)) === undefined;

describe('the embedded database', () => {
  test('keeps what it confirms, sorts by code point and knows letters of all scripts', async () => {
    const embedded = await start();
    const [row] = await query(
      embedded,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as sync,
              current_setting('full_page_writes') as fpw, current_setting('listen_addresses') as tcp,
              current_setting('data_checksums') as checksums,
              current_setting('server_encoding') as encoding, lower('ÄÖÜ ΣЖ') as lower, 'a' > 'B' as c`,
    );
    expect(row).toEqual({
      fsync: 'on',
      sync: 'on',
      fpw: 'on',
      tcp: '',
      checksums: 'on',
      encoding: 'UTF8',
      lower: 'äöü σж',
      c: true,
    });
    expect(statSync(embedded.connection.host).mode & 0o777).toBe(0o700);
  });

  test('keeps its rows across a stop and a start', async () => {
    const first = await start();
    await query(first, 'create table kept as select 1 as n');
    const pid = first.pid;
    await stop(first);
    expect(await processIdentity(pid)).toBeUndefined();

    const second = await start();
    expect(await query(second, 'select n from kept')).toEqual([{ n: 1 }]);
  });

  test('restarts after kill -9 of the postmaster, and the pool recovers', async () => {
    const embedded = await start();
    const database = await openDatabase(embedded.connection, testLog);
    await database.pool.query('create table kept as select 1 as n');
    const pid = embedded.pid;

    process.kill(pid, 'SIGKILL');

    const again = await waitUntil(async () => {
      try {
        await database.pool.query('select n from kept');
        return embedded.pid !== pid;
      } catch {
        return false;
      }
    }, 20_000);
    expect(again).toBe(true);
    await database.close();
  });

  test('does not outlive a server killed with -9', async () => {
    const { child, pid } = await startInChild();
    expect(await processIdentity(pid)).toBeDefined();

    await child.kill();

    expect(await waitUntil(isGone(pid), 20_000)).toBe(true);
    const next = await start();
    expect(await query(next, 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  test('is stopped by the next start if it was left running', async () => {
    const { child, connection, pid } = await startInChild();
    await query({ connection }, 'create table kept as select 1 as n');
    // Stopped with SIGSTOP, it reacts to no signal, neither of its parent's death nor from the
    // watchdog.
    process.kill(pid, 'SIGSTOP');
    await child.kill();
    const lines: string[] = [];
    const log = createLogger('warn', { write: (line) => void lines.push(line) });
    const starting = start(dataDir, log);
    const isStopping = () =>
      lines.some((line) => line.includes('stopping the database of an earlier'));
    expect(await waitUntil(isStopping, 20_000)).toBe(true);
    process.kill(pid, 'SIGCONT');
    const next = await starting;

    expect(next.pid).not.toBe(pid);
    expect(await query(next, 'select n from kept')).toEqual([{ n: 1 }]);
    expect(await processIdentity(pid)).toBeUndefined();
  });

  test('starts after both, server and postmaster, were killed with -9', async () => {
    const { child, connection, pid } = await startInChild();
    await query({ connection }, 'create table kept as select 1 as n');
    child.process.kill('SIGKILL');
    process.kill(pid, 'SIGKILL');
    await child.ended;

    const next = await start();
    expect(await query(next, 'select n from kept')).toEqual([{ n: 1 }]);
  });

  test('does not touch an unrelated process that has the pid of a crashed one', async () => {
    await stop(await start());
    const innocent = process.ppid;
    const cluster = join(dataDir, 'postgres');
    writeFileSync(
      join(cluster, 'postmaster.pid'),
      `${innocent}\n${cluster}\n1700000000\n5432\n${cluster}\n\n0 0\nready\n`,
    );
    writeFileSync(join(cluster, '.s.PGSQL.5432'), '');
    writeFileSync(join(cluster, '.s.PGSQL.5432.lock'), `${innocent}\n${cluster}\n`);
    await start();
    expect(exists(innocent)).toBe(true);
  });

  test('starts although a power failure left its lock files empty or damaged', async () => {
    await stop(await start());
    const cluster = join(dataDir, 'postgres');
    for (const text of ['', '\0\0\0\0', 'x\n']) {
      writeFileSync(join(cluster, 'postmaster.pid'), text);
      writeFileSync(join(cluster, '.s.PGSQL.5432.lock'), text);
      await stop(await start());
    }
    writeFileSync(join(cluster, '.s.PGSQL.5432.lock'), '');
    await start();
  });

  test('rejects a second server on the same folder with a message', async () => {
    const { child } = await startInChild();
    await expect(startEmbedded({ dataDir, log: testLog })).rejects.toThrow(
      `${dataDir} is in use by the Parley server with pid ${child.pid}, started `,
    );
    const second = startChild('./embedded-child.ts', [dataDir]);
    children.push(second);
    expect(JSON.parse(await second.line()).error).toContain(`with pid ${child.pid}`);
  });

  test('works in a folder whose path is too long for a socket', async () => {
    const deep = join(base, 'x'.repeat(100), 'data');
    mkdirSync(deep, { recursive: true });
    const embedded = await start(deep);
    expect(Buffer.byteLength(embedded.connection.host)).toBeLessThan(80);
    expect(statSync(embedded.connection.host).mode & 0o777).toBe(0o700);
    expect(await query(embedded, 'select 1 as n')).toEqual([{ n: 1 }]);
    await stop(embedded);
    expect(statSync(embedded.connection.host, { throwIfNoEntry: false })).toBeUndefined();
    // The folder is found by its real path, so that a link to it changes nothing.
    expect((await start(deep)).connection).toEqual(embedded.connection);
  });

  test('refuses a folder that contains something else', async () => {
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'thesis.txt'), 'precious');
    await expect(start()).rejects.toThrow('is neither empty nor a PostgreSQL database');
  });

  test('reports the output of PostgreSQL if it cannot start', async () => {
    await stop(await start());
    writeFileSync(join(dataDir, 'postgres', 'postgresql.auto.conf'), 'no_such_setting = 1\n');
    await expect(start()).rejects.toThrow(/The end of its log .*no_such_setting/s);
  });
});
