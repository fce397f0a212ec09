import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  aBackupWorkspace,
  ask,
  type BackupWorkspace,
  configFor,
  connectionOf,
  databaseEnded,
  eventsAreCopied,
  fillStream,
  quietly,
  streamDigests,
} from '../../test/support/backups.ts';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { call, registerAt } from '../../test/support/server.ts';
import { startParley } from '../main.ts';
import { move } from './move.ts';

// Whole servers and processes of their own: on a busy machine their starts take long.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Represents the external PostgreSQL. */
let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startTestCluster();
});
afterAll(() => cluster.stop());

let workspace: BackupWorkspace;
let data: string;
let original: Awaited<ReturnType<typeof streamDigests>>;
let epoch: string;
const EPOCH = 'select epoch from server_state';
beforeEach(async () => {
  workspace = aBackupWorkspace();
  data = workspace.path('data');
  const server = await workspace.server(data);
  const ann = await registerAt(server.url, 'ann');
  await ann.post(await ann.group('one'), 'hello');
  await fillStream(connectionOf(data), 20_000);
  original = await streamDigests(connectionOf(data));
  epoch = (await ask<{ epoch: string }>(connectionOf(data), EPOCH))[0]?.epoch ?? '';
  await server.stop();
});
afterEach(() => workspace.close());

const moveTo = (url: string) => move(configFor(data), url, testLog, quietly);
const anEmptyDatabase = async () => (await cluster.fresh({ migrated: false })).url;

/** The state of the old database. */
async function oldStreams() {
  rmSync(join(data, 'moved.json'), { force: true });
  const server = await workspace.server(data);
  try {
    return await streamDigests(connectionOf(data));
  } finally {
    await server.stop();
  }
}

test('everything is moved, and the server continues with it; the old database cannot be started', async () => {
  const url = await anEmptyDatabase();

  const digest = await moveTo(url);

  expect(digest.events).toBeGreaterThan(20_000);
  expect(await streamDigests(url)).toEqual(original);
  // Clients continue from their cursors.
  expect(await ask(url, EPOCH)).toEqual([{ epoch }]);
  await expect(startParley(configFor(data), testLog)).rejects.toThrow(
    /The database of .*data was moved to localhost\/test_\d+ at .*Set DATABASE_URL to it/,
  );
  const server = await workspace.server(data, { DATABASE_URL: url });
  const login = await call(server.url, 'POST', '/auth/login', {
    body: { login: 'ann', password: PASSWORD },
  });
  expect(login.status).toBe(200);
  await server.stop();
  expect(await oldStreams()).toEqual(original);
});

test('killed in the middle: the old is unharmed, the new empty, a rerun succeeds', async () => {
  const url = await anEmptyDatabase();
  const child = workspace.parley(data, ['move', url]);
  await eventsAreCopied(cluster.embedded.connection, url);
  await child.kill();
  await databaseEnded(data);

  expect(readdirSync(data)).not.toContain('moved.json');
  await moveTo(url);
  expect(await streamDigests(url)).toEqual(original);
  expect(await oldStreams()).toEqual(original);
});

test('interrupted after its COMMIT: a rerun finds it, and reports its location', async () => {
  const url = await anEmptyDatabase();
  await moveTo(url);
  rmSync(join(data, 'moved.json'));

  await moveTo(url);

  expect(existsSync(join(data, 'moved.json'))).toBe(true);
});

test('a target in which data would be mixed or lost is refused', async () => {
  const url = await anEmptyDatabase();
  const used = (await cluster.fresh()).url;
  await expect(moveTo(used)).rejects.toThrow('it contains the tables of another Parley server');

  await expect(move(configFor(data, { DATABASE_URL: url }), url, testLog, quietly)).rejects.toThrow(
    'DATABASE_URL is set',
  );

  const server = await workspace.server(data);
  await expect(moveTo(url)).rejects.toThrow('is in use by the Parley server with pid');
  await server.stop();
  expect(await ask(url, `select 1 from pg_class where relname = 'events'`)).toEqual([]);
});
