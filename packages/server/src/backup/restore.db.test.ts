import { createHash, randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  aBackupWorkspace,
  ask,
  type BackupWorkspace,
  configFor,
  connectionOf,
  eventsAreCopied,
  eventually,
  fillStream,
  quietly,
  rewriteBackup,
  streamDigests,
} from '../../test/support/backups.ts';
import { startTestCluster, type TestCluster, testLog } from '../../test/support/database.ts';
import { registerAt } from '../../test/support/server.ts';
import { startParley } from '../main.ts';
import { backUp } from './backup.ts';
import { readState, writeState } from './place.ts';
import { restore } from './restore.ts';

// Whole servers and processes of their own: on a busy machine their starts take long.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const EVENTS = 20_000;

let cluster: TestCluster;
let source: BackupWorkspace;
/** A backup of a server with two people, a conversation, and a stream of {@link EVENTS} events. */
let backup: string;
/** A backup of the same server before it had that stream. */
let small: string;
let original: Awaited<ReturnType<typeof streamDigests>>;
beforeAll(async () => {
  [cluster, source] = [await startTestCluster(), aBackupWorkspace()];
  const data = source.path('data');
  const server = await source.server(data);
  const ann = await registerAt(server.url, 'ann');
  await ann.post(await ann.group('one', [await registerAt(server.url, 'bob')]), 'hello');
  // The server writes its emails there, too.
  mkdirSync(join(data, 'outbox'), { recursive: true });
  writeFileSync(join(data, 'outbox', '1.eml'), 'an email');
  small = source.path('small.tar.gz');
  await backUp(configFor(data), small, testLog, quietly);
  await fillStream(connectionOf(data), EVENTS);
  backup = source.path('backup.tar.gz');
  await backUp(configFor(data), backup, testLog, quietly);
  original = await streamDigests(connectionOf(data));
  await server.stop();
});
afterAll(async () => {
  await source.close();
  await cluster.stop();
});

let workspace: BackupWorkspace;
let data: string;
beforeEach(() => {
  workspace = aBackupWorkspace();
  data = workspace.path('data');
});
afterEach(() => workspace.close());

const restoreInto = (dataDir: string, file = backup, env: Record<string, string> = {}) =>
  restore(configFor(dataDir, env), file, testLog, quietly);

async function expectWhole(dataDir: string): Promise<void> {
  const server = await workspace.server(dataDir);
  expect(await streamDigests(connectionOf(dataDir))).toEqual(original);
  expect(readdirSync(dataDir).sort()).toEqual([
    'files',
    'lock',
    'outbox',
    'postgres',
    'postgres.log',
    'reserve',
    'secret',
    'uploads',
  ]);
  await server.stop();
}

describe('restore', () => {
  test('killed while rows are loaded: no server starts there, and a rerun succeeds', async () => {
    const child = workspace.parley(data, ['restore', backup]);
    await eventually(() => existsSync(join(data, 'restoring/database/postgres')), 'the database');
    await child.kill();

    expect(existsSync(join(data, 'postgres'))).toBe(false);
    await expect(startParley(configFor(data), testLog)).rejects.toThrow(
      /A restore into .* was not finished\. Run parley restore again/,
    );
    await restoreInto(data);
    await expectWhole(data);
  });

  test('killed while files are moved into place: a rerun continues', async () => {
    await restoreInto(data);
    // The state after the first of three was moved.
    const ready = join(data, 'restoring/ready');
    mkdirSync(ready, { recursive: true });
    for (const name of ['postgres', 'outbox']) renameSync(join(data, name), join(ready, name));
    const header = await headerOf(backup);
    const state = { backup: header.id, epoch: header.epoch, phase: 'placing' };
    writeFileSync(join(data, 'restoring/state.json'), JSON.stringify(state));

    await expect(startParley(configFor(data), testLog)).rejects.toThrow('was not finished');
    await restoreInto(data);
    await expectWhole(data);
  });

  test('starts over if an earlier run was of another backup', async () => {
    const ready = join(data, 'restoring/ready');
    mkdirSync(ready, { recursive: true });
    writeFileSync(join(ready, 'secret'), 'of another backup');
    writeFileSync(
      join(data, 'restoring/state.json'),
      JSON.stringify({ backup: randomUUID(), epoch: randomUUID(), phase: 'placing' }),
    );
    await restoreInto(data);
    await expectWhole(data);
  });

  test('refuses a folder that is not empty, and leaves it unchanged', async () => {
    mkdirSync(data);
    writeFileSync(join(data, 'secret'), 'of another server');

    await expect(restoreInto(data)).rejects.toThrow(
      /data is not empty: it contains secret\. Nothing/,
    );

    expect(readFileSync(join(data, 'secret'), 'utf8')).toBe('of another server');
    expect(readdirSync(data).sort()).toEqual(['lock', 'secret']);
  });

  test('refuses while a server runs there', async () => {
    await workspace.server(data);
    await expect(restoreInto(data)).rejects.toThrow('is in use by the Parley server with pid');
  });

  test.each([
    [
      'a row changed',
      'table events',
      'tables/events/000001.copy',
      (text: string) => text.replace('message.posted', 'message.edited'),
    ],
    [
      'a row missing',
      'table events',
      'tables/events/000001.copy',
      (text: string) => text.slice(text.indexOf('\n') + 1),
    ],
    [
      'another file',
      'file secret',
      'files/secret',
      (text: string) => text.replace(/^./, (first) => (first === '-' ? '_' : '-')),
    ],
    ['a file outside', '"../secret"', 'files/secret', undefined],
    ['no end', 'the end of the backup is missing', 'manifest.json', undefined],
  ])('refuses a damaged backup: %s', async (damage, description, entry, change) => {
    const bad = workspace.path('bad.tar.gz');
    await rewriteBackup(small, bad, (name, content) => {
      if (name !== entry) return { name, content };
      if (change) return { name, content: change(content.toString()) };
      return damage === 'a file outside' ? { name: 'files/../secret', content } : undefined;
    });

    const { url } = await cluster.fresh({ migrated: false });
    await expect(restoreInto(data, bad, { DATABASE_URL: url })).rejects.toThrow(description);

    expect(existsSync(workspace.path('secret'))).toBe(false);
    // Nothing is kept: the database is still empty.
    await restoreInto(data, small, { DATABASE_URL: url });
  });

  test.each([
    // The text matches the manifest, but the database stores it differently.
    ['rows that the database reads differently', 'the table schema_migrations differs from', 'row'],
    ['another digest of all streams', 'the digest of all streams differs from', 'digest'],
    ['another number of events', 'the digest of all streams differs from', 'count'],
    ['a table less', 'it lacks the tables passkeys', 'table'],
  ])('refuses what differs in the database alone: %s', async (_, description, what) => {
    const bad = workspace.path('bad.tar.gz');
    let changed = Buffer.alloc(0);
    await rewriteBackup(small, bad, (name, content) => {
      if (name === 'tables/schema_migrations/000001.copy' && what === 'row') {
        changed = Buffer.from(content.toString().replace(/^1\t/, '01\t'));
        return { name, content: changed };
      }
      if (what === 'table' && name.startsWith('tables/passkeys/')) return undefined;
      if (name !== 'manifest.json' && name !== 'parley-backup.json') return { name, content };
      const json = JSON.parse(content.toString());
      if (name === 'manifest.json') {
        if (what === 'row') {
          Object.assign(json.tables.schema_migrations, {
            bytes: changed.length,
            sha256: createHash('sha256').update(changed).digest('hex'),
          });
        }
        if (what === 'digest') json.streams.sha256 = '0'.repeat(64);
        if (what === 'count') json.streams.events += 1;
        if (what === 'table') delete json.tables.passkeys;
      } else if (what === 'table') {
        json.tables = json.tables.filter((t: { name: string }) => t.name !== 'passkeys');
      }
      return { name, content: JSON.stringify(json) };
    });
    const { url } = await cluster.fresh({ migrated: false });
    await expect(restoreInto(data, bad, { DATABASE_URL: url })).rejects.toThrow(description);
    const tables = await ask(url, `select 1 from pg_class where relname = 'events'`);
    expect(tables).toEqual([]);
  });

  test('refuses a decompression bomb before anything is written', async () => {
    const bad = workspace.path('bomb.tar.gz');
    await rewriteBackup(small, bad, (name, content) =>
      name === 'files/outbox/1.eml'
        ? { name, content: Buffer.alloc(900 * 1024 * 1024) }
        : { name, content },
    );
    await expect(restoreInto(data, bad)).rejects.toThrow('it unpacks to more than');
    expect(readdirSync(data)).toEqual(['lock']);
  });

  test('refuses a backup that is truncated, or not a backup', async () => {
    const short = workspace.path('short.tar.gz');
    cpSync(backup, short);
    truncateSync(short, 200_000);
    await expect(restoreInto(data, short)).rejects.toThrow(
      'short.tar.gz is not a complete backup of Parley',
    );
    const other = workspace.path('other');
    writeFileSync(other, 'not at all');
    await expect(restoreInto(data, other)).rejects.toThrow(
      'other is not a complete backup of Parley',
    );
    await expect(restoreInto(data, workspace.path('none'))).rejects.toThrow('File not found');
  });

  test('rejects a backup of a newer Parley with a message', async () => {
    const newer = (change: (header: Record<string, unknown>) => object) =>
      rewriteBackup(small, workspace.path('newer'), (name, content) => ({
        name,
        content:
          name === 'parley-backup.json'
            ? JSON.stringify(change(JSON.parse(content.toString())))
            : content,
      }));

    await newer((header) => ({ ...header, format: 2 }));
    await expect(restoreInto(data, workspace.path('newer'))).rejects.toThrow(
      'This backup was created by a newer version of Parley (format 2; this version reads 1)',
    );
    await newer((header) => ({
      ...header,
      migrations: [
        ...(header.migrations as object[]),
        { version: 9999, name: 'later', checksum: 'x' },
      ],
    }));
    await expect(restoreInto(data, workspace.path('newer'))).rejects.toThrow(
      'The database was migrated by a newer version of Parley: it has the migration 9999_later',
    );
  });

  test('a secret from PARLEY_SECRET is restored, and must match if PARLEY_SECRET is set', async () => {
    const secret = 'a secret of more than thirty-two characters';
    const [from, file] = [workspace.path('from'), workspace.path('backup')];
    const server = await workspace.server(from, { PARLEY_SECRET: secret });
    await backUp(configFor(from, { PARLEY_SECRET: secret }), file, testLog, quietly);
    await server.stop();

    await expect(restoreInto(data, file, { PARLEY_SECRET: secret.toUpperCase() })).rejects.toThrow(
      'PARLEY_SECRET differs from the one in the backup',
    );
    await restoreInto(data, file);
    expect(readFileSync(join(data, 'secret'), 'utf8')).toBe(`${secret}\n`);
    const other = workspace.path('other');
    await restoreInto(other, file, { PARLEY_SECRET: secret });
    expect(existsSync(join(other, 'secret'))).toBe(false);
  });
});

describe('restore into an external database', () => {
  test('fills it, refuses it the next time, and is finished by a rerun after a late interruption', async () => {
    const { url } = await cluster.fresh({ migrated: false });
    const env = { DATABASE_URL: url };
    await restoreInto(data, backup, env);

    expect(await streamDigests(url)).toEqual(original);
    expect(readdirSync(data).sort()).toEqual(['lock', 'outbox', 'secret']);
    const other = workspace.path('other');
    const notEmpty = /The database test_\d+ is not empty: it contains .*accounts/;
    await expect(restoreInto(other, backup, env)).rejects.toThrow(notEmpty);
    // Nor does an earlier run, which never committed, take it for its own.
    const header = await headerOf(backup);
    const uncommitted = { backup: header.id, epoch: randomUUID(), phase: 'committing' };
    writeFileSync(join(other, 'restoring/state.json'), JSON.stringify(uncommitted));
    await expect(restoreInto(other, backup, env)).rejects.toThrow(notEmpty);
    expect(await streamDigests(url)).toEqual(original);

    // The state right after COMMIT was sent.
    const ready = join(data, 'restoring/ready');
    mkdirSync(ready, { recursive: true });
    for (const name of ['secret', 'outbox']) renameSync(join(data, name), join(ready, name));
    const [row] = await ask<{ epoch: string }>(url, 'select epoch from server_state');
    writeFileSync(
      join(data, 'restoring/state.json'),
      JSON.stringify({ backup: header.id, epoch: row?.epoch, phase: 'committing' }),
    );
    await restoreInto(data, backup, env);
    expect(readdirSync(data).sort()).toEqual(['lock', 'outbox', 'secret']);
    const server = await workspace.server(data, env);
    await server.stop();
  });

  test('killed in the middle leaves it empty, and a rerun succeeds', async () => {
    const { url } = await cluster.fresh({ migrated: false });
    const child = workspace.parley(data, ['restore', backup], { DATABASE_URL: url });
    await eventsAreCopied(cluster.embedded.connection, url);
    await child.kill();

    expect(readState(data)?.phase).toBe('loading');
    // The same as if it had been killed right before COMMIT.
    const { id } = await headerOf(backup);
    writeState(data, { backup: id, epoch: randomUUID(), phase: 'committing' });
    await restoreInto(data, backup, { DATABASE_URL: url });
    expect(await streamDigests(url)).toEqual(original);
  });
});

async function headerOf(file: string): Promise<{ id: string; epoch: string }> {
  let header = '';
  await rewriteBackup(file, workspace.path('copy'), (name, content) => {
    if (name === 'parley-backup.json') header = content.toString();
    return undefined;
  });
  return JSON.parse(header);
}
