import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  aBackupWorkspace,
  ask,
  type BackupWorkspace,
  configFor,
  quietly,
} from '../../test/support/backups.ts';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { call } from '../../test/support/server.ts';
import { restore } from '../backup/restore.ts';
import { examine } from '../doctor/doctor.ts';
import { openDatabase } from './database.ts';
import { readMigrations } from './migrate.ts';

/**
 * Backups made by earlier versions: their data must survive every upgrade. A new one is added with
 * each release.
 */
const backupOf = (layout: string) =>
  fileURLToPath(new URL(`../../../../fixtures/backups/layout-${layout}.tar.gz`, import.meta.url));

let cluster: TestCluster;
let workspace: BackupWorkspace;
beforeAll(async () => {
  [cluster, workspace] = [await startTestCluster(), aBackupWorkspace()];
});
afterAll(async () => {
  await workspace.close();
  await cluster.stop();
});

test('a server of the first version is upgraded to the latest without losing data', async () => {
  const { url } = await cluster.fresh({ migrated: false });
  const [data, env] = [workspace.path('data'), { DATABASE_URL: url }];

  await restore(configFor(data, env), backupOf('0001'), testLog, quietly);

  const applied = await ask(url, 'select version from schema_migrations order by version');
  expect(applied.map((row) => row.version)).toEqual(readMigrations().map((m) => m.version));
  const server = await workspace.server(data, env);
  const login = await call(server.url, 'POST', '/auth/login', {
    body: { login: 'ann', password: PASSWORD },
  });
  expect(login.status).toBe(200);
  const headers = { authorization: `Bearer ${login.body.accessToken}` };
  const { body: list } = await call(server.url, 'GET', '/conversations', { headers });
  const garden = list.items.find((item: { name: string | null }) => item.name === 'Garden');
  // The index of an earlier version is filled in the background.
  await expect
    .poll(
      async () => (await call(server.url, 'GET', '/search/messages?query=roses', { headers })).body,
    )
    .toMatchObject({ items: [{ message: { conversation: garden.id } }], problems: [] });
  const { body: history } = await call(server.url, 'GET', `/conversations/${garden.id}/messages`, {
    headers,
  });
  expect(
    history.items.map((m: { body: string; deletedAt: string | null; reactions: unknown[] }) => [
      m.deletedAt === null ? m.body : null,
      m.reactions.length,
    ]),
  ).toEqual([
    ['The first roses are out 🌹', 1],
    ['edited: Tabs\tand\nlines and \\ backslashes', 0],
    [null, 0],
  ]);
  const posted = await call(server.url, 'POST', `/conversations/${garden.id}/messages`, {
    body: { body: 'after the upgrade' },
    headers,
  });
  expect(posted.status).toBe(201);
  await server.stop();

  // Tables added since are filled from the old events.
  const database = await openDatabase({ connectionString: url }, testLog);
  expect(await examine(database.pool)).toEqual([]);
  await database.close();
});
