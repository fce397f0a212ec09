import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { ConversationId, Ready } from '@parley/protocol';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  aBackupWorkspace,
  ask,
  type BackupWorkspace,
  configFor,
  connectionOf,
  eventually,
  fillStream,
  quietly,
  streamDigests,
} from '../../test/support/backups.ts';
import { PASSWORD } from '../../test/support/credentials.ts';
import { testLog } from '../../test/support/database.ts';
import { Peer } from '../../test/support/peer.ts';
import { startTestS3 } from '../../test/support/s3-server.ts';
import { call, loginAt, registerAt, type User } from '../../test/support/server.ts';
import { tus, uploadFile } from '../../test/support/uploads.ts';
import { pathOfDigest } from '../files/file-store.ts';
import { startParley } from '../main.ts';
import { mayRemoveContents } from '../storage/backup-lock.ts';
import { backUp } from './backup.ts';
import { restore } from './restore.ts';

// Whole servers and processes of their own: on a busy machine their starts take long.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let workspace: BackupWorkspace;
beforeEach(() => {
  workspace = aBackupWorkspace();
});
afterEach(() => workspace.close());

const backUpTo = (data: string, file: string) => backUp(configFor(data), file, testLog, quietly);

const KEPT = { texts: ['held text'], file: 200, hidden: 'hidden text' };

/** Deletes a message under a legal hold, and hides another one. Returns a function that reads what is kept of both. */
async function heldAndHidden(
  url: string,
  owner: User,
  member: User,
  group: ConversationId,
): Promise<(url: string) => Promise<typeof KEPT>> {
  const path = `/conversations/${group}/messages`;
  const { body: hold } = await owner.request('POST', '/admin/legal-holds', {
    name: 'Case',
    accounts: [member.id],
  });
  const file = await uploadFile({ ...member, url }, 'held.bin', randomBytes(1_000));
  const { body: held } = await member.request('POST', path, {
    body: 'held text',
    attachments: [file],
  });
  const hidden = await member.post(group, 'hidden text');
  expect((await member.request('DELETE', `${path}/${held.seq}`)).status).toBe(200);
  expect((await owner.request('PUT', `${path}/${hidden}/hidden`)).status).toBe(200);
  return async (at) => {
    const { accessToken } = (await loginAt(at, owner.name)).body;
    const get = (of: string) =>
      fetch(new URL(`/api/v1${of}`, at), { headers: { authorization: `Bearer ${accessToken}` } });
    const exported = await (await get(`/admin/legal-holds/${hold.id}/export`)).text();
    return {
      texts: [...exported.matchAll(/held text/g)].map(([text]) => text),
      file: (await get(`/admin/legal-holds/${hold.id}/files/${file}`)).status,
      hidden: (await (await get(`${path}/${hidden}/hidden`)).json()).body,
    };
  };
}

describe('backup and restore', () => {
  test('of a server under writes: equal streams, a new epoch, every user can log in', async () => {
    const [data, copy] = [workspace.path('data'), workspace.path('copy')];
    const file = workspace.path('backup.tar.gz');
    const { url } = await workspace.server(data);
    const ann = await registerAt(url, 'ann');
    const bob = await registerAt(url, 'bob');
    const groups = [await ann.group('one', [bob]), await ann.group('two', [bob])];
    mkdirSync(`${data}/outbox/2026`, { recursive: true });
    writeFileSync(`${data}/outbox/2026/an email.eml`, 'Subject: hello');

    const keeps = await heldAndHidden(url, ann, bob, groups[0] as ConversationId);
    expect(await keeps(url)).toEqual(KEPT);

    // All users write until they are stopped; acknowledged messages are recorded with their number.
    const acked: { group: string; seq: number }[] = [];
    let writing = true;
    const writers = [ann, bob].flatMap((user) =>
      groups.map(async (group) => {
        for (let n = 0; writing; n += 1) {
          const seq = await user.post(group, `${user.name} ${n} – \\ \t \n “ç” 🙂`);
          acked.push({ group, seq });
        }
      }),
    );
    await eventually(() => acked.length >= 100, 'some messages');
    const before = [...acked];
    // The command itself, in a separate process, while the server runs.
    const client = new pg.Client(connectionOf(data));
    await client.connect();
    await client.query('begin; lock table sidebar_placements in access exclusive mode');
    const running = workspace.run(data, ['backup', file]);
    // Even before it reads the first row, no file content may be removed.
    await eventually(async () => {
      const { rows } = await client.query(
        `select from pg_locks where relation = 'sidebar_placements'::regclass and not granted`,
      );
      return rows.length > 0;
    }, 'the backup to wait');
    expect(await mayRemoveContents(client)).toBe(false);
    await client.query('rollback');
    await client.end();
    const { code, description } = await running;
    const after = acked.length;
    await eventually(() => acked.length > after + 20, 'messages after the backup');
    writing = false;
    await Promise.all(writers);
    const digest = /digest ([0-9a-f]{64})/.exec(description)?.[1];
    expect({ code, digest }).toEqual({ code: 0, digest: expect.any(String) });
    expect(after).toBeGreaterThan(before.length);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const told: string[] = [];
    const progress = { ...quietly, step: (description: string) => told.push(description) };
    await restore(configFor(copy), file, testLog, progress);
    expect(told.join()).toContain(`digest ${digest}`);
    expect(readFileSync(`${copy}/outbox/2026/an email.eml`, 'utf8')).toBe('Subject: hello');
    expect(readFileSync(`${copy}/secret`)).toEqual(readFileSync(`${data}/secret`));
    expect(readdirSync(copy).sort()).toEqual(['files', 'lock', 'outbox', 'postgres', 'secret']);

    const again = await workspace.server(copy);
    expect(await keeps(again.url)).toEqual(KEPT);
    const there = await streamDigests(connectionOf(copy));
    const heads = Object.fromEntries(Object.entries(there).map(([id, { head }]) => [id, head]));
    expect(await streamDigests(connectionOf(data), heads)).toEqual(there);
    for (const { group, seq } of before) expect(heads[group]).toBeGreaterThanOrEqual(seq);

    // A client that has seen more than the backup knows starts over, by the new epoch.
    const [old] = await ask<{ epoch: string }>(
      connectionOf(data),
      'select epoch from server_state',
    );
    const login = await call(again.url, 'POST', '/auth/login', {
      body: { login: 'bob', password: PASSWORD },
    });
    expect(login.status).toBe(200);
    const [group = ''] = groups;
    const peer = new Peer(again.url);
    const ready: Ready = await peer.hello(login.body.accessToken, {
      epoch: old?.epoch,
      cursor: { [group]: Math.max(...acked.map((a) => a.seq)) },
    });
    expect(ready.epoch).not.toBe(old?.epoch);
    expect(peer.of('reset').map((r) => r.stream)).toContain(group);
    peer.close();
    // And the restored server continues numbering from the backup.
    const posted = await call(again.url, 'POST', `/conversations/${group}/messages`, {
      body: { body: 'after the restore' },
      headers: { authorization: `Bearer ${login.body.accessToken}` },
    });
    expect(posted.body.seq).toBe((heads[group] ?? 0) + 1);
  });

  test('an interrupted backup leaves nothing, a killed one no file under its name; the next one cleans up', async () => {
    const data = workspace.path('data');
    const file = workspace.path('backup.tar.gz');
    await workspace.server(data);
    await fillStream(connectionOf(data), 100_000);

    const draft = () => readdirSync(workspace.dir).find((name) => name.includes('.part-'));
    const startedBackup = async () => {
      const child = workspace.parley(data, ['backup', file]);
      await eventually(() => {
        const name = draft();
        return name !== undefined && statSync(workspace.path(name)).size > 100_000;
      }, 'the backup to be in the middle');
      return child;
    };
    const interrupted = await startedBackup();
    interrupted.process.kill('SIGINT');
    expect(await interrupted.ended).toBe(1);
    expect(readdirSync(workspace.dir)).toEqual(['data']);

    const child = await startedBackup();
    await child.kill();

    expect(existsSync(file)).toBe(false);
    expect(draft()).toBeDefined();
    const { streams } = await backUpTo(data, file);
    expect(streams.events).toBeGreaterThan(100_000);
    expect(draft()).toBeUndefined();
  });

  test('a backup of a stopped server starts and stops its database', async () => {
    const data = workspace.path('data');
    await (await workspace.server(data)).stop();

    const { streams, files } = await backUpTo(data, workspace.path('data/backups/one'));
    const second = await backUpTo(data, workspace.path('data/backups/two'));

    expect(streams.events).toBeGreaterThan(0);
    // A backup in the data folder’s `backups/` is not part of other backups.
    expect(second.files).toEqual(files);
    await workspace.server(data);
  });

  test('an impossible backup is rejected with a message, and creates nothing', async () => {
    const data = workspace.path('data');
    const server = await workspace.server(data);
    writeFileSync(workspace.path('there'), 'as it was');

    await expect(backUpTo(data, workspace.path('there'))).rejects.toThrow('already exists');
    await expect(backUpTo(data, workspace.path('data/b'))).rejects.toThrow(
      'is in the data folder, so the next backup would contain it',
    );
    await expect(backUpTo(data, workspace.path('no/b'))).rejects.toThrow('Folder not found');
    await expect(backUpTo(workspace.path('none'), workspace.path('b'))).rejects.toThrow(
      /There is no database in .*none/,
    );
    await ask(
      connectionOf(data),
      `insert into schema_migrations (version, name, checksum) values (9999, 'later', '')`,
    );
    await expect(backUpTo(data, workspace.path('b'))).rejects.toThrow(
      'The database was migrated by a newer version of Parley: it has the migration 9999_later',
    );

    expect(readFileSync(workspace.path('there'), 'utf8')).toBe('as it was');
    expect(readdirSync(workspace.dir).sort()).toEqual(['data', 'there']);
    // Nor does a server start on it.
    await server.stop();
    await expect(startParley(configFor(data), testLog)).rejects.toThrow(
      'The database was migrated by a newer version of Parley',
    );
  });

  test('of files in a bucket: restored to another bucket, and moved from there to the folder', async () => {
    const [data, copy] = [workspace.path('data'), workspace.path('copy')];
    const file = workspace.path('backup.tar.gz');
    const s3 = await startTestS3(['one', 'two']);
    try {
      const bytes = randomBytes(700_000);
      const first = await workspace.server(data);
      const ann = await registerAt(first.url, 'ann');
      const before = await uploadFile({ ...ann, url: first.url }, 'before.bin', bytes);
      await ann.request('POST', `/conversations/${await ann.group('files')}/messages`, {
        body: '',
        attachments: [before],
      });
      await uploadFile({ ...ann, url: first.url }, 'other.bin', Buffer.from('other'));
      await first.stop();
      // A content that does not match its digest is reported, and the others are copied.
      const damaged = 'ab'.padEnd(64, '0');
      const damagedPath = join(data, 'files', pathOfDigest(damaged));
      mkdirSync(dirname(damagedPath), { recursive: true });
      writeFileSync(damagedPath, 'damaged');
      const moved = await workspace.run(data, ['move-files', 'bucket'], s3.env('one'));
      const notCopied = (target: string, digest: string) =>
        expect.stringMatching(
          new RegExp(`Copied to the ${target}: .*\\n.*1 file not copied.*\\n +${digest}\\n`),
        );
      expect([moved.code, moved.description]).toEqual([1, notCopied('bucket', damaged)]);
      expect(moved.description).toContain('Copied to the bucket: 2 files');
      rmSync(`${data}/files`, { recursive: true });

      const contentAt = async (url: string) => {
        const { accessToken } = (await loginAt(url, 'ann')).body;
        const answer = await tus({ url, accessToken }, 'GET', `/files/${before}/content`);
        return Buffer.from(await answer.arrayBuffer()).equals(bytes);
      };
      const second = await workspace.server(data, s3.env('one'));
      expect(await contentAt(second.url)).toBe(true);
      await backUp(configFor(data, s3.env('one')), file, testLog, quietly);
      await second.stop();

      await restore(configFor(copy, s3.env('two', 'chat')), file, testLog, quietly);
      expect(existsSync(`${copy}/files`)).toBe(false);
      const third = await workspace.server(copy, s3.env('two', 'chat'));
      expect(await contentAt(third.url)).toBe(true);
      await third.stop();
      const otherDigest = createHash('sha256').update('other').digest('hex');
      s3.fault = ({ method, url }) =>
        method === 'GET' && url.includes(otherDigest)
          ? { status: 200, body: 'damaged', headers: { 'content-length': '7' } }
          : null;
      const back = await workspace.run(copy, ['move-files', 'folder'], s3.env('two', 'chat'));
      expect([back.code, back.description]).toEqual([1, notCopied('folder', otherDigest)]);
      const fourth = await workspace.server(copy);
      expect(await contentAt(fourth.url)).toBe(true);
      await fourth.stop();
    } finally {
      await s3.stop();
    }
  });
});
