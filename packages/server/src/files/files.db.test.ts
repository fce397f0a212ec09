import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { Attachment, ConversationId, FileId, FoundMessage, Seq } from '@parley/protocol';
import pg from 'pg';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SmallDisk } from '../../../../chaos/src/processes/disk.ts';
import { PASSWORD } from '../../test/support/credentials.ts';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { pdfOf } from '../../test/support/pdf.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { testLog } from '../../test/support/test-log.ts';
import {
  sendBytes,
  startUpload,
  tus,
  type Uploader,
  uploadFile,
} from '../../test/support/uploads.ts';
import { examine } from '../doctor/doctor.ts';
import { FileTexts } from '../search/file-texts.ts';
import { mayRemoveContents } from '../storage/backup-lock.ts';
import type { FileStore } from './file-store.ts';
import { folderStoreOf } from './file-stores.ts';
import { ImageCollector } from './image-collector.ts';
import { ImageMaker } from './image-maker.ts';

const MIB = 1024 * 1024;
const DAY = 24 * 60 * 60 * 1000;

let cluster: TestCluster;
let server: TestServer;
let dataDir: string;
let ann: User & Uploader;
let ben: User & Uploader;
/** How far the server’s clock is ahead. */
let ahead = 0;

beforeAll(async () => {
  cluster = await startTestCluster();
  dataDir = makeTempDir('files');
  server = await startTestServer(
    cluster,
    { PARLEY_DATA: dataDir, FILE_MAX_MB: '20', ACCOUNT_FILES_MB: '60' },
    {},
    { clock: { now: () => Date.now() + ahead } },
  );
  ann = Object.assign(await server.register('ann'), { url: server.url });
  ben = Object.assign(await server.register('ben'), { url: server.url });
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
/** The file contents in the store. */
const stored = (): string[] =>
  readdirSync(join(dataDir, 'files'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /[0-9a-f]{64}$/.test(path),
  );
const isStored = (bytes: Uint8Array) => stored().some((path) => path.endsWith(digestOf(bytes)));
const offsetOf = async (user: Uploader, id: FileId) => {
  const { status, headers } = await tus(user, 'HEAD', `/uploads/${id}`);
  return status === 200 ? Number(headers.get('upload-offset')) : status;
};
const contentOf = (user: Uploader, id: FileId, headers: Record<string, string> = {}) =>
  tus(user, 'GET', `/files/${id}/content`, headers);
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());

describe('an upload', () => {
  test('becomes a file with its name, type and content when the last byte is confirmed', async () => {
    const bytes = Buffer.from('Grüße\n');
    const { response, id } = await startUpload(ann, '../Grüße.txt', bytes.length);
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(`/api/v1/uploads/${id}`);
    expect(response.headers.get('upload-expires')).toMatch(/GMT$/);
    const expiresAt = Date.parse(response.headers.get('upload-expires') as string);
    expect(Math.abs(expiresAt - Date.now() - DAY)).toBeLessThan(60_000);
    expect((await ann.request('GET', `/files/${id}`)).body.code).toBe('file_not_found');
    const sent = await sendBytes(ann, id, 0, bytes);
    expect([sent.status, sent.headers.get('upload-offset')]).toEqual([204, '8']);
    expect((await ann.request('GET', `/files/${id}`)).body).toEqual({
      id,
      name: 'Grüße.txt',
      mediaType: 'text/plain',
      bytes: 8,
    });
    expect(await bytesOf(await contentOf(ann, id))).toEqual(bytes);
    expect(readdirSync(join(dataDir, 'uploads'))).not.toContain(id);
  });

  test('continues after a broken connection, also over several parts', async () => {
    const bytes = randomBytes(18 * MIB);
    const { id } = await startUpload(ann, 'big.bin', bytes.length);
    const controller = new AbortController();
    const half = new ReadableStream({
      start(stream) {
        stream.enqueue(bytes.subarray(0, 9 * MIB));
      },
    });
    const broken = fetch(new URL(`/api/v1/uploads/${id}`, server.url), {
      method: 'PATCH',
      headers: {
        authorization: `Bearer ${ann.accessToken}`,
        'tus-resumable': '1.0.0',
        'content-type': 'application/offset+octet-stream',
        'upload-offset': '0',
      },
      body: half,
      duplex: 'half',
      signal: controller.signal,
    } as RequestInit).catch(() => null);
    // The first part is recorded while the connection is still open.
    await until(async () => {
      const [row] = await server.rows(`select received from uploads where id = '${id}'`);
      return Number(row?.received) >= 8 * MIB;
    }, 'the first part');
    controller.abort();
    await broken;
    const offset = await offsetOf(ann, id);
    expect(offset).toBeGreaterThanOrEqual(8 * MIB);
    expect(offset).toBeLessThanOrEqual(9 * MIB);
    const rest = await sendBytes(ann, id, offset, bytes.subarray(offset));
    expect(rest.status).toBe(204);
    expect(await offsetOf(ann, id)).toBe(bytes.length);
    expect(digestOf(await bytesOf(await contentOf(ann, id)))).toBe(digestOf(bytes));
  });

  test('accepts only bytes that continue it, even from two connections at once', async () => {
    const bytes = randomBytes(200_000);
    const { id } = await startUpload(ann, 'twice.bin', bytes.length);
    const wrong = await sendBytes(ann, id, 5, bytes);
    expect([wrong.status, await codeOf(wrong)]).toEqual([409, 'upload_conflict']);
    const both = await Promise.all([
      sendBytes(ann, id, 0, bytes).catch(() => null),
      sendBytes(ann, id, 0, bytes).catch(() => null),
    ]);
    const offset = await offsetOf(ann, id);
    expect(both.some((r) => r?.status === 204) || offset < bytes.length).toBe(true);
    if (offset < bytes.length) await sendBytes(ann, id, offset, bytes.subarray(offset));
    expect(digestOf(await bytesOf(await contentOf(ann, id)))).toBe(digestOf(bytes));
  });

  test('is rejected with a code if it is too large, over quota, or not tus', async () => {
    const large = await startUpload(ann, 'a', 20 * MIB + 1);
    expect([large.response.status, await codeOf(large.response)]).toEqual([413, 'file_too_large']);
    const cat = Object.assign(await server.register('cat'), { url: server.url });
    for (let n = 0; n < 3; n++) await startUpload(cat, 'a', 20 * MIB);
    const over = await startUpload(cat, 'a', 1);
    expect([over.response.status, await codeOf(over.response)]).toEqual([
      409,
      'account_quota_exceeded',
    ]);
    const dan = Object.assign(await server.register('dan'), { url: server.url });
    const ids: FileId[] = [];
    for (let n = 0; n < 20; n++) ids.push((await startUpload(dan, 'a', 1)).id);
    const many = await startUpload(dan, 'a', 1);
    expect([many.response.status, await codeOf(many.response)]).toEqual([409, 'too_many_uploads']);
    const gone = await tus(dan, 'DELETE', `/uploads/${ids[0]}`);
    expect(gone.status).toBe(204);
    expect(await offsetOf(dan, ids[0] as FileId)).toBe(404);
    expect((await startUpload(dan, 'a', 1)).response.status).toBe(201);
    const longer = await sendBytes(dan, ids[1] as FileId, 0, Buffer.from('ab'));
    expect([longer.status, await codeOf(longer)]).toEqual([413, 'too_large']);
    expect(await offsetOf(dan, ids[1] as FileId)).toBe(0);
    const form = { 'upload-offset': '0', 'content-type': 'text/plain' };
    const untyped = await tus(dan, 'PATCH', `/uploads/${ids[1]}`, form, Buffer.from('a'));
    expect([untyped.status, await codeOf(untyped)]).toEqual([415, 'unsupported_media_type']);
    const old = await tus(dan, 'POST', '/uploads', {
      'tus-resumable': '0.2',
      'upload-length': '1',
    });
    expect([old.status, old.headers.get('tus-version')]).toEqual([412, '1.0.0']);
    const options = await tus(dan, 'OPTIONS', '/uploads');
    expect([options.status, options.headers.get('tus-max-size')]).toEqual([204, `${20 * MIB}`]);
  });

  test('counts as at least 4 KiB, and towards the limit of files in no message', async () => {
    const ida = Object.assign(await server.register('ida'), { url: server.url });
    const insert = (bytes: string, attached: boolean, count: number) =>
      server.rows(`insert into files
        (id, digest, bytes, name, media_type, uploader_id, created_at, attached)
        select gen_random_uuid(), sha256('absent'), ${bytes}, 'a', 'text/plain', '${ida.id}',
          now(), ${attached} from generate_series(1, ${count})`);
    await insert('0', false, 198);
    expect((await startUpload(ida, 'a', 0)).response.status).toBe(201);
    // An unfinished upload counts, too.
    expect((await startUpload(ida, 'a', 1)).response.status).toBe(201);
    const many = await startUpload(ida, 'a', 0);
    expect([many.response.status, await codeOf(many.response)]).toEqual([
      409,
      'too_many_unattached_files',
    ]);
    await server.rows(`delete from uploads where account_id = '${ida.id}'`);
    await server.rows(`delete from files where uploader_id = '${ida.id}'`);
    await insert('0', true, (60 * MIB) / 4_096 - 1);
    expect((await startUpload(ida, 'a', 0)).response.status).toBe(201);
    const over = await startUpload(ida, 'a', 0);
    expect(await codeOf(over.response)).toBe('account_quota_exceeded');
    // Deleted files that only a legal hold keeps do not count.
    await server.rows(`update files set state = 'held' where uploader_id = '${ida.id}'`);
    expect((await startUpload(ida, 'a', 0)).response.status).toBe(201);
    await server.rows(`delete from files where uploader_id = '${ida.id}'`);
  });

  // Filling the disk takes long on a busy machine.
  const slow = { timeout: 180_000 };
  test(
    'on a full disk ends with a code and leaves nothing half; its contents are on another one',
    slow,
    async ({ skip }) => {
      const disk = SmallDisk.mount(join(dataDir, 'uploads'), 512);
      if (typeof disk === 'string') return skip(disk);
      try {
        const gwen = Object.assign(await server.register('gwen'), { url: server.url });
        const moved = randomBytes(100_000);
        const id = await uploadFile(gwen, 'moved.bin', moved);
        expect(await bytesOf(await contentOf(gwen, id))).toEqual(moved);

        const bytes = randomBytes(2 * MIB);
        const { id: late } = await startUpload(gwen, 'late.bin', bytes.length);
        let send: (piece: Uint8Array | null) => void = () => undefined;
        const body = new ReadableStream({
          start(stream) {
            send = (piece) => (piece ? stream.enqueue(piece) : stream.close());
          },
        });
        const sent = tus(gwen, 'PATCH', `/uploads/${late}`, { 'upload-offset': '0' }, body);
        const parts = () => readdirSync(join(dataDir, 'uploads', late));
        send(bytes.subarray(0, 1_000));
        await until(() => parts().length === 1, 'the first bytes are written');
        disk.fill();
        send(bytes.subarray(1_000));
        send(null);
        const refused = await sent;
        expect([refused.status, await codeOf(refused)]).toEqual([507, 'disk_full']);
        expect(refused.headers.get('retry-after')).toBe('60');
        expect(parts()).toEqual([]);
        expect(await offsetOf(gwen, late)).toBe(0);
        const file = await gwen.request('GET', `/files/${late}`);
        expect(file.body).toMatchObject({ code: 'file_not_found' });
        const none = await startUpload(gwen, 'none.bin', 1);
        expect([none.response.status, await codeOf(none.response)]).toEqual([507, 'disk_full']);

        disk.clear();
        expect((await sendBytes(gwen, late, 0, bytes)).status).toBe(204);
        expect(await bytesOf(await contentOf(gwen, late))).toEqual(bytes);
      } finally {
        disk.unmount();
      }
    },
  );

  test('belongs to the account that started it', async () => {
    const { id } = await startUpload(ann, 'own.txt', 3);
    expect(await offsetOf(ben, id)).toBe(404);
    expect((await sendBytes(ben, id, 0, Buffer.from('abc'))).status).toBe(404);
    expect((await tus(ben, 'DELETE', `/uploads/${id}`)).status).toBe(404);
    expect(await offsetOf(ann, id)).toBe(0);
    // Also when it has become a file, whose name and size others must not learn.
    expect((await sendBytes(ann, id, 0, Buffer.from('abc'))).status).toBe(204);
    expect([await offsetOf(ann, id), await offsetOf(ben, id)]).toEqual([3, 404]);
    expect((await sendBytes(ben, id, 3, Buffer.from('x'))).status).toBe(404);
    const again = await sendBytes(ann, id, 0, Buffer.from('abc'));
    expect([again.status, await codeOf(again)]).toEqual([409, 'upload_conflict']);
  });

  test('of the same content is stored once, and may be empty', async () => {
    const bytes = randomBytes(5_000);
    const ids = [await uploadFile(ann, 'a', bytes), await uploadFile(ben, 'b', bytes)];
    expect(new Set(ids).size).toBe(2);
    expect(stored().filter((path) => path.endsWith(digestOf(bytes)))).toHaveLength(1);
    const empty = await uploadFile(ann, 'empty', Buffer.alloc(0));
    const answer = await contentOf(ann, empty);
    expect([answer.status, (await bytesOf(answer)).length]).toEqual([200, 0]);
  });
});

/** Posts a message with files; returns its seq. */
async function postFiles(
  user: User,
  conversation: ConversationId,
  attachments: readonly FileId[],
  body = '',
): Promise<Seq> {
  const path = `/conversations/${conversation}/messages`;
  const answer = await user.request('POST', path, { body, attachments });
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
  return answer.body.seq;
}
const linkOf = async (user: User, id: FileId): Promise<string | undefined> =>
  (await user.request('GET', `/files/links?files=${id}`)).body.items[0]?.url;
const open = (path: string, headers: Record<string, string> = {}) =>
  fetch(new URL(path, server.url), { headers });

describe('a message with files', () => {
  test('has them in its event and in history, and needs no text', async () => {
    const group = await ann.group('with files', [ben]);
    const ids = [
      await uploadFile(ann, 'one.txt', Buffer.from('one')),
      await uploadFile(ann, 'two.txt', Buffer.from('two')),
    ];
    const path = `/conversations/${group}/messages`;
    const posted = await ann.request('POST', path, { body: '', attachments: ids });
    expect(posted.status).toBe(201);
    const files = posted.body.attachments as Attachment[];
    expect(files.map((file) => [file.id, file.name, file.mediaType, file.bytes])).toEqual([
      [ids[0], 'one.txt', 'text/plain', 3],
      [ids[1], 'two.txt', 'text/plain', 3],
    ]);
    const history = await ben.request('GET', path);
    expect(history.body.items.at(-1).attachments).toEqual(files);
    const events = await ben.request('GET', `/streams/${group}/events?limit=200`);
    expect(events.body.items.at(-1).data).toEqual({ body: '', attachments: files });
    expect((await ann.request('POST', path, { body: '' })).body.code).toBe('body_empty');
    expect((await ann.request('POST', path, { body: '', attachments: [] })).status).toBe(422);
  });

  test('is refused with files of others, unknown, unfinished or repeated ones', async () => {
    const group = await ann.group('refused', [ben]);
    const own = await uploadFile(ann, 'own.txt', Buffer.from('own'));
    const { id: unfinished } = await startUpload(ann, 'unfinished.txt', 4);
    const post = async (user: User, attachments: readonly string[]) => {
      const path = `/conversations/${group}/messages`;
      const { status, body } = await user.request('POST', path, { body: 'x', attachments });
      return [status, body.code];
    };
    expect(await post(ben, [own])).toEqual([404, 'file_not_found']);
    expect(await post(ann, [own, unfinished])).toEqual([404, 'file_not_found']);
    expect(await post(ann, [own, own])).toEqual([422, 'invalid']);
    expect(await post(ann, Array(11).fill(own))).toEqual([422, 'invalid']);
    expect(await post(ann, ['01890a5d-ac96-774b-bcce-b302099a8057'])).toEqual([
      404,
      'file_not_found',
    ]);
    expect(await post(ann, [own])).toEqual([201, undefined]);
  });

  test('is the same message when posted again with the same id, and a different command with other files', async () => {
    const group = await ann.group('again');
    const [one, two] = [
      await uploadFile(ann, '1', Buffer.from('1')),
      await uploadFile(ann, '2', Buffer.from('2')),
    ];
    const headers = { 'idempotency-key': '01890a5d-ac96-774b-bcce-b3020990f11e' };
    const post = (attachments: FileId[]) =>
      ann.request('POST', `/conversations/${group}/messages`, { body: 'x', attachments }, headers);
    const first = await post([one]);
    expect((await post([one])).body).toEqual(first.body);
    expect((await post([two])).body.code).toBe('client_id_reused');
    expect((await post([one, two])).body.code).toBe('client_id_reused');
  });
});

describe('a file can be read', () => {
  test('only by those who may read a message that refers to it', async () => {
    const eve = Object.assign(await server.register('eve'), { url: server.url });
    const bytes = Buffer.from('for members');
    const id = await uploadFile(ann, 'members.txt', bytes);
    const statuses = async () => {
      const all = [];
      for (const user of [ann, ben, eve]) {
        const [info, content, link] = [
          (await user.request('GET', `/files/${id}`)).status,
          (await contentOf(user, id)).status,
          await linkOf(user, id),
        ];
        expect([info, link !== undefined]).toEqual([content, content === 200]);
        all.push(content);
      }
      return all;
    };
    // Uploaded but not posted: only the uploader.
    expect(await statuses()).toEqual([200, 404, 404]);
    const group = await ann.group('readers', [ben]);
    const seq = await postFiles(ann, group, [id]);
    expect(await statuses()).toEqual([200, 200, 404]);
    // Members who join later read the history as well.
    await ann.request('POST', `/conversations/${group}/members`, { account: eve.id });
    expect(await statuses()).toEqual([200, 200, 200]);
    const link = (await linkOf(ben, id)) as string;
    expect((await open(link)).status).toBe(200);
    // Former members read nothing: the link identifies the account, but grants nothing.
    await ann.request('DELETE', `/conversations/${group}/members/${ben.id}`);
    expect(await statuses()).toEqual([200, 404, 200]);
    expect((await open(link)).status).toBe(404);
    // In a second message that others may read.
    const other = await ann.group('other readers', [ben]);
    await postFiles(ann, other, [id]);
    expect(await statuses()).toEqual([200, 200, 200]);
    await ann.request('DELETE', `/conversations/${group}/messages/${seq}`);
    expect(await statuses()).toEqual([200, 200, 404]);
    // The group of the last message is deleted: not even its uploader.
    await ann.request('DELETE', `/conversations/${other}`);
    expect(await statuses()).toEqual([404, 404, 404]);
    await until(() => !isStored(bytes), 'the content to be removed');
  });

  test('with a link only while the session of the link exists', async () => {
    const fay = Object.assign(await server.register('fay'), { url: server.url });
    const id = await uploadFile(fay, 'own.txt', Buffer.from('own'));
    const link = (await linkOf(fay, id)) as string;
    const answer = await open(link);
    expect([answer.status, await answer.text()]).toEqual([200, 'own']);
    const forged = link.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    const another = link.replace(id, await uploadFile(fay, 'b.txt', Buffer.from('b')));
    for (const wrong of [forged, another]) {
      const { status } = await open(wrong);
      expect(status).toBe(410);
    }
    expect((await open(link.split('?')[0] as string)).status).toBe(401);
    await fetch(new URL('/api/v1/auth/logout', server.url), {
      method: 'POST',
      headers: { 'parley-session': 'token', authorization: `Bearer ${fay.sessionToken}` },
    });
    expect((await open(link)).status).toBe(410);
  });
});

describe('files are deleted', () => {
  test('with the last message that refers to them, and are removed from its event', async () => {
    const bytes = randomBytes(1_000);
    const group = await ann.group('deleting');
    const id = await uploadFile(ann, 'twice.bin', bytes);
    const [first, second] = [await postFiles(ann, group, [id]), await postFiles(ann, group, [id])];
    const remove = (seq: Seq) => ann.request('DELETE', `/conversations/${group}/messages/${seq}`);
    await remove(first);
    const events = await ann.request('GET', `/streams/${group}/events?limit=200`);
    const event = events.body.items.find((e: { seq: Seq }) => e.seq === first);
    expect(event.data).toEqual({ body: '' });
    // The collector has checked the file, and has kept it.
    await until(
      async () =>
        (await server.rows(`select from files where detached_at is not null`)).length === 0,
      'the file to be looked at',
    );
    expect((await contentOf(ann, id)).status).toBe(200);
    await remove(second);
    await until(() => !isStored(bytes), 'the content to be removed');
    await until(
      async () => (await server.rows(`select from files where id = '${id}'`)).length === 0,
      'the row to be removed',
    );
    const path = `/conversations/${group}/messages`;
    const again = await ann.request('POST', path, { body: '', attachments: [id] });
    expect(again.body.code).toBe('file_not_found');
  });

  test('not while a forwarded copy refers to them, whose readers can open them', async () => {
    const bytes = randomBytes(1_000);
    const gil = Object.assign(await server.register('gil'), { url: server.url });
    const [from, to] = [await ann.group('the source'), await ann.group('the copy', [gil])];
    const other = await uploadFile(ann, 'first.txt', Buffer.from('first of two'));
    const id = await uploadFile(ann, 'second.bin', bytes);
    const seq = await postFiles(ann, from, [other, id]);
    const path = `/conversations/${from}/messages/${seq}`;
    const copy = await ann.request('POST', `${path}/forward`, { to });
    expect(copy.status).toBe(201);
    expect(copy.body.attachments.map((file: Attachment) => file.name)).toEqual([
      'first.txt',
      'second.bin',
    ]);
    expect((await contentOf(gil, id)).status).toBe(200);
    await ann.request('DELETE', path);
    await until(
      async () =>
        (await server.rows(`select from files where detached_at is not null`)).length === 0,
      'the files to be looked at',
    );
    expect((await contentOf(gil, id)).status).toBe(200);
    // Deleted messages are not forwarded.
    const late = await ann.request('POST', `${path}/forward`, { to });
    expect(late.body.code).toBe('message_not_found');
    await ann.request('DELETE', `/conversations/${to}/messages/${copy.body.seq}`);
    await until(() => !isStored(bytes), 'the content to be removed');
  });

  test('even while another worker or node is removing something', async () => {
    const bytes = randomBytes(1_000);
    const group = await ann.group('deleting at once');
    const seq = await postFiles(ann, group, [await uploadFile(ann, 'at once', bytes)]);
    const other = await server.pool.connect();
    try {
      await other.query('begin');
      expect(await mayRemoveContents(other)).toBe(true);
      await ann.request('DELETE', `/conversations/${group}/messages/${seq}`);
      const waiting = () =>
        other.query(`select from pg_locks l join pg_database d on d.oid = l.database
                     where l.locktype = 'advisory' and not l.granted
                       and d.datname = current_database()`);
      await until(async () => (await waiting()).rowCount === 1, 'the removal to wait');
      expect(isStored(bytes)).toBe(true);
    } finally {
      await other.query('rollback');
      other.release();
    }
    await until(() => !isStored(bytes), 'the content to be removed');
  });

  test('also right after another removal, which releases its locks one by one', async () => {
    const other = await server.pool.connect();
    const here = new pg.Client(server.pool.options);
    await here.connect();
    try {
      // The lock that backups share, which a removal holds until its end.
      await other.query('select pg_advisory_lock(7302, 0)');
      await here.query('begin');
      const answer = mayRemoveContents(here);
      const isNext = async () => {
        const { rowCount } = await other.query(
          `select from pg_locks where locktype = 'advisory' and classid = 7303 and granted
             and database = (select oid from pg_database where datname = current_database())`,
        );
        return rowCount === 1;
      };
      await until(isNext, 'the next removal to begin');
      await other.query('select pg_advisory_unlock(7302, 0)');
      expect(await answer).toBe(true);
      await here.query('rollback');
      // A backup is not waited for.
      await other.query('select pg_advisory_lock_shared(7302, 0)');
      await here.query('begin');
      expect(await mayRemoveContents(here)).toBe(false);
    } finally {
      await here.query('rollback');
      await other.query('select pg_advisory_unlock_all()');
      other.release();
      await here.end();
    }
  });

  test('even if the content of an earlier one cannot be removed', async () => {
    const group = await ann.group('deleting both');
    const [stuck, other] = [randomBytes(1_000), randomBytes(1_000)];
    const ids = [await uploadFile(ann, 'stuck', stuck), await uploadFile(ann, 'other', other)];
    const seq = await postFiles(ann, group, ids);
    const digest = digestOf(stuck);
    const path = join(dataDir, 'files', digest.slice(0, 2), digest.slice(2, 4), digest);
    rmSync(path);
    mkdirSync(path);
    await ann.request('DELETE', `/conversations/${group}/messages/${seq}`);
    await until(() => !isStored(other), 'the other content to be removed');
    rmSync(path, { recursive: true });
    const rows = () => server.rows(`select from files where id = '${ids[0]}'`);
    await until(async () => (await rows()).length === 0, 'the row to be removed');
  });

  test('a day after their upload if they are in no message, like unfinished uploads', async () => {
    const gus = Object.assign(await server.register('gus'), { url: server.url });
    const bytes = randomBytes(1_000);
    await uploadFile(gus, 'forgotten.bin', bytes);
    const { id: unfinished } = await startUpload(gus, 'unfinished.bin', 2_000);
    await sendBytes(gus, unfinished, 0, randomBytes(500));
    const uploads = () => readdirSync(join(dataDir, 'uploads'));
    expect([isStored(bytes), uploads().includes(unfinished)]).toEqual([true, true]);
    const group = await ann.group('kept');
    const kept = randomBytes(1_000);
    await postFiles(ann, group, [await uploadFile(ann, 'kept.bin', kept)]);
    const trigger = await ann.post(group, 'to delete');
    ahead = DAY + 60_000;
    try {
      // A deletion wakes the collector. Tokens have expired by the clock of the server.
      const { accessToken } = await renewed(ann);
      await fetch(new URL(`/api/v1/conversations/${group}/messages/${trigger}`, server.url), {
        method: 'DELETE',
        headers: { authorization: `Bearer ${accessToken}` },
      });
      await until(() => !isStored(bytes) && !uploads().includes(unfinished), 'both to be removed');
      expect(isStored(kept)).toBe(true);
    } finally {
      ahead = 0;
    }
  });
});

/** Renews the access token of a user. */
async function renewed(user: User): Promise<{ accessToken: string }> {
  const answer = await fetch(new URL('/api/v1/auth/token', server.url), {
    method: 'POST',
    headers: { 'parley-session': 'token', authorization: `Bearer ${user.sessionToken}` },
  });
  const { accessToken, sessionToken } = (await answer.json()) as Record<string, string>;
  if (!accessToken || !sessionToken) throw new Error('The token was not renewed');
  user.sessionToken = sessionToken;
  return { accessToken };
}

describe('the text of a file', () => {
  let group: ConversationId;
  beforeAll(async () => {
    group = await ann.group('texts', [ben]);
  });
  const post = async (body: string, ...attachments: FileId[]): Promise<Seq> => {
    const path = `/conversations/${group}/messages`;
    const files = attachments.length > 0 ? { attachments } : {};
    const posted = await ann.request('POST', path, { body, ...files });
    expect(posted.status).toBe(201);
    return posted.body.seq;
  };
  const found = async (query: string, user = ben) => {
    const path = `/search/messages?query=${encodeURIComponent(query)}`;
    const { items } = (await user.request('GET', path)).body;
    return items as FoundMessage[];
  };
  const seqsOf = async (query: string, user = ben) =>
    (await found(query, user)).map(({ message }) => message.seq);
  const isFound = (query: string, seq: Seq) =>
    until(async () => (await seqsOf(query)).includes(seq), query);

  test('is found by parts of it, also in PDF and Chinese, and with filters', async () => {
    const filler = 'nothing to see here '.repeat(600);
    const text = `# Notes\n${filler}\nThe Wombat burrow is 30 m long. 東京タワーに行く。\n${filler}`;
    const notes = await uploadFile(ann, 'Notes.md', Buffer.from(text));
    const seq = await post('see the notes', notes);
    const pdf = await uploadFile(
      ann,
      'burrows.pdf',
      pdfOf(['Annual burrow census', 'Kangaroos: 12']),
    );
    const other = await post('', pdf);
    await isFound('wombat', seq);
    const [{ snippet, file } = {} as never] = await found('"wombat burrow" 30');
    expect(snippet).toMatchObject({ text: 'see the notes', ranges: [] });
    expect(file).toMatchObject({ id: notes, name: 'Notes.md' });
    const { text: excerpt = '', ranges = [], isCutBefore, isCutAfter } = file?.snippet ?? {};
    expect(ranges.map(({ start, end }) => excerpt.slice(start, end))).toContain('Wombat burrow');
    expect([isCutBefore, isCutAfter, excerpt.length < 400]).toEqual([true, true, true]);
    expect(await seqsOf('京')).toEqual([seq]);
    await isFound('kangaroos', other);
    // The latest first, among those that the index has.
    const third = await post('a burrow in the text itself');
    await isFound('itself', third);
    expect(await seqsOf('burrow')).toEqual([third, other, seq]);
    expect(await seqsOf('burrow has:file')).toEqual([other, seq]);
    expect(await seqsOf('burrow -has:file')).toEqual([third]);
    expect(await seqsOf('burrow -kangaroos')).toEqual([third, seq]);
    expect(await seqsOf('burrow notes.md')).toEqual([seq]);
    expect(await seqsOf('burrow from:ben')).toEqual([]);
    // Some words in the message, the others in its file.
    expect(await seqsOf('see wombat')).toEqual([seq]);
    expect(await seqsOf('see kangaroos')).toEqual([]);
    expect(await seqsOf('wombat the kangaroos')).toEqual([]);
    expect(await seqsOf('"notes wombat"')).toEqual([]);
    expect(await seqsOf('see wombat -burrow')).toEqual([]);
    const [mixed = {} as never] = await found('see wombat');
    expect(mixed.snippet.ranges).toHaveLength(1);
    expect(mixed.file?.snippet.text).toContain('Wombat');
    const bestMixed = await ben.request('GET', '/search/messages?query=see%20wombat&sort=best');
    expect(bestMixed.body.items).toHaveLength(1);
    const best = await ben.request('GET', '/search/messages?query=burrow&sort=best&limit=2');
    expect(best.body.items).toHaveLength(2);
    const next = `/search/messages?query=burrow&limit=1&cursor=`;
    const pages = [];
    for (let cursor: string | null = ''; cursor !== null && pages.length < 5; ) {
      const url: string = cursor === '' ? next.replace('&cursor=', '') : next + cursor;
      const { body } = await ben.request('GET', url);
      pages.push(...body.items.map((item: FoundMessage) => item.message.seq));
      cursor = body.next;
    }
    expect(pages).toEqual([third, other, seq]);
  });

  test('is found across the borders of its pieces, also if it was stored as a whole', async () => {
    // Each sentence has words of its own; the borders are somewhere in them.
    const sentences = Array.from({ length: 900 }, (_, n) => `Bilby${n} digs lair${n};\n`);
    const text = sentences.join('');
    const bilbies = await uploadFile(ann, 'bilbies.txt', Buffer.from(text));
    const seq = await post('', bilbies);
    await isFound('lair899', seq);
    const pieces = async (): Promise<string[]> => {
      const rows = await server.rows(
        `select text from file_texts where file_id = '${bilbies}' order by piece`,
      );
      return rows.map((row) => row.text as string);
    };
    const expected = await pieces();
    expect(expected.join('')).toBe(text.trim());
    expect(expected.length).toBeGreaterThan(4);
    let at = 0;
    const atBorders = expected.slice(0, -1).map((piece) => {
      at += piece.length;
      return text.slice(text.lastIndexOf(' ', at - 20), text.indexOf(';', at + 8));
    });
    const areFound = async () => {
      for (const phrase of atBorders) expect(await seqsOf(`"${phrase}"`)).toEqual([seq]);
      // In one of the first pieces, and in one of the last.
      expect(await seqsOf('bilby3 lair890')).toEqual([seq]);
      expect(await seqsOf('"bilby3 digs lair4"')).toEqual([]);
      expect(await seqsOf('bilby4 -bilby5')).toEqual([]);
      const [{ file } = {} as never] = await found('bilby450');
      const { text: excerpt = '', ranges = [], isCutBefore, isCutAfter } = file?.snippet ?? {};
      expect(ranges.map(({ start, end }) => excerpt.slice(start, end))).toEqual(['Bilby450']);
      expect([isCutBefore, isCutAfter]).toEqual([true, true]);
    };
    await areFound();

    // As the previous version stored it, with the keys of all its text.
    await server.rows(`
      with old as (delete from file_texts where file_id = '${bilbies}' returning *)
      insert into file_texts (file_id, text, keys)
      select '${bilbies}', (select string_agg(text, '' order by piece) from old),
        (select array_agg(distinct key) from old, unnest(keys) key)`);
    await until(async () => (await pieces()).length > 1, 'the text is cut', 15_000);
    expect(await pieces()).toEqual(expected);
    await areFound();
  });

  test('is found by those who may read the message, and removed with it', async () => {
    const cyd = Object.assign(await server.register('cyd'), { url: server.url });
    const secret = await uploadFile(ann, 'secret.txt', Buffer.from('the platypus password'));
    expect(await seqsOf('platypus', ann)).toEqual([]);
    const seq = await post('', secret);
    await isFound('platypus', seq);
    expect(await seqsOf('platypus', cyd)).toEqual([]);
    const members = `/conversations/${group}/members`;
    expect((await ann.request('POST', members, { account: cyd.id })).status).toBeLessThan(300);
    expect(await seqsOf('platypus', cyd)).toEqual([seq]);
    expect((await ann.request('DELETE', `${members}/${cyd.id}`)).status).toBeLessThan(300);
    expect(await seqsOf('platypus', cyd)).toEqual([]);
    const hidden = `/conversations/${group}/messages/${seq}/hidden`;
    expect((await ann.request('PUT', hidden)).status).toBe(200);
    expect(await seqsOf('platypus')).toEqual([]);
    expect((await ann.request('DELETE', hidden)).status).toBe(200);
    expect(await seqsOf('platypus')).toEqual([seq]);
    await ann.request('DELETE', `/conversations/${group}/messages/${seq}`);
    expect(await seqsOf('platypus')).toEqual([]);
    const left = () => server.rows(`select from file_texts where file_id = '${secret}'`);
    await until(async () => (await left()).length === 0, 'the text is deleted');
  });

  test('is read once by several nodes, again after a crash, up to a limit', async () => {
    const unread = async (id: FileId, attempts: number) => {
      await server.rows(`delete from file_texts where file_id = '${id}'`);
      await server.rows(
        `update files set text_done = false, text_attempts = ${attempts}, text_lease = null
         where id = '${id}'`,
      );
    };
    const done = async (id: FileId) =>
      (await server.rows(`select text_done from files where id = '${id}'`))[0]?.text_done;
    const ids: FileId[] = [];
    for (const n of [1, 2, 3, 4]) {
      ids.push(await uploadFile(ann, `numbat${n}.txt`, Buffer.from(`numbat number ${n}`)));
    }
    await until(async () => (await Promise.all(ids.map(done))).every(Boolean), 'all are read');
    for (const id of ids) await unread(id, 0);
    // A killed node has claimed one of them, and the last one has killed three nodes.
    const claimed = `update files set text_lease = now() + interval '1 hour' where id = '${ids[0]}'`;
    await server.rows(claimed);
    await unread(ids[3] as FileId, 3);
    const { connectionString } = server.pool.options;
    const pool = new pg.Pool({ connectionString, max: 4 });
    const reads: string[] = [];
    const real = folderStoreOf({ dataDir });
    const store: FileStore = Object.create(real, {
      read: {
        value: (digest: string) => {
          reads.push(digest);
          return real.read(digest);
        },
      },
    });
    const node = () =>
      new FileTexts({ pool, store, clock: { now: () => Date.now() }, log: testLog });
    await Promise.all([node().readAll(), node().readAll()]);
    await pool.end();
    await until(async () => (await Promise.all(ids.slice(1).map(done))).every(Boolean), 'read');
    expect(await done(ids[0] as FileId)).toBe(false);
    expect(new Set(reads).size).toBe(reads.length);
    const seq = await post('', ...ids);
    await server.rows(`update files set text_lease = null where id = '${ids[0]}'`);
    await isFound('"numbat number 1"', seq);
    expect(await seqsOf('"numbat number 3"')).toEqual([seq]);
    expect(await seqsOf('"numbat number 4"')).toEqual([]);
  });
});

describe('the doctor', () => {
  test('finds files that are missing, damaged or unused', async () => {
    const store = folderStoreOf({ dataDir });
    const found = async () =>
      (await examine(server.pool, store)).map(({ kind, places }) => [
        kind,
        places.map(({ key }) => key.sha256 ?? key.file),
      ]);
    const group = await ann.group('examined');
    const [gone, damaged, unused] = [randomBytes(900), randomBytes(900), randomBytes(900)];
    const ids = [await uploadFile(ann, 'gone', gone), await uploadFile(ann, 'damaged', damaged)];
    await postFiles(ann, group, ids);
    const path = (bytes: Uint8Array) => {
      const digest = digestOf(bytes);
      return join(dataDir, 'files', digest.slice(0, 2), digest.slice(2, 4), digest);
    };
    const draft = join(dataDir, 'draft');
    writeFileSync(draft, unused);
    await store.put(digestOf(unused), draft);
    rmSync(draft);
    rmSync(path(gone));
    writeFileSync(path(damaged), 'x');
    expect(await found()).toEqual([
      ['content_missing', [digestOf(gone)]],
      ['content_damaged', [digestOf(damaged)]],
      ['content_unused', [digestOf(unused)]],
    ]);
    expect((await contentOf(ann, ids[0] as FileId)).status).toBe(404);
    for (const bytes of [gone, damaged]) writeFileSync(path(bytes), bytes);
    await store.remove(digestOf(unused));
    expect(await found()).toEqual([]);
    await server.rows(`delete from files where id = '${ids[0]}'`);
    expect(await found()).toEqual([
      ['file_missing', [ids[0]]],
      ['content_unused', [digestOf(gone)]],
    ]);
    await ann.request('DELETE', `/conversations/${group}`);
    await store.remove(digestOf(gone));
  });
});

describe('a download', () => {
  test('has ranges, an entity tag, and headers that prevent it from running as a page', async () => {
    const bytes = Buffer.from('0123456789');
    const id = await uploadFile(ann, 'Zähler "1".txt', bytes);
    const whole = await contentOf(ann, id);
    const { headers } = whole;
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '10',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*sandbox/),
      'content-disposition': `attachment; filename="Z_hler _1_.txt"; filename*=UTF-8''Z%C3%A4hler%20_1_.txt`,
      'cache-control': 'private, no-cache',
    });
    const part = await contentOf(ann, id, { range: 'bytes=2-4' });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([
      206,
      'bytes 2-4/10',
      '234',
    ]);
    const beyond = await contentOf(ann, id, { range: 'bytes=10-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    const etag = headers.get('etag') as string;
    expect((await contentOf(ann, id, { 'if-none-match': etag })).status).toBe(304);
    const changed = await contentOf(ann, id, { range: 'bytes=2-4', 'if-range': '"another"' });
    expect(changed.status).toBe(200);
    const head = await tus(ann, 'HEAD', `/files/${id}/content`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '10']);
  });

  const PAGE = '<!doctype html><script>alert(1)</script>';
  const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
  const GIF_SCRIPT = Buffer.concat([Buffer.from('GIF89a/*'), Buffer.from('*/=1;alert(1)')]);
  test.each([
    ['page.html', Buffer.from(PAGE)],
    ['picture.svg', Buffer.from(SVG)],
    ['picture.png', Buffer.from(SVG)],
    ['feed.xml', Buffer.from(`<?xml version="1.0"?>${SVG}`)],
    ['script.js', Buffer.from('alert(1)')],
  ])('of %s is never shown as a page', async (name, bytes) => {
    const id = await uploadFile(ann, name, bytes);
    const { headers } = await contentOf(ann, id);
    expect(headers.get('content-type')).toMatch(
      /^(text\/plain; charset=utf-8|application\/octet-stream)$/,
    );
    expect(headers.get('content-disposition')).toMatch(/^attachment;/);
  });

  test('of a script that is also a GIF is an image, without a preview', async () => {
    const id = await uploadFile(ann, 'both.gif', GIF_SCRIPT);
    const { body } = await ann.request('GET', `/files/${id}`);
    expect(body).toEqual({
      id,
      name: 'both.gif',
      mediaType: 'image/gif',
      bytes: GIF_SCRIPT.length,
    });
    const { headers } = await contentOf(ann, id);
    expect(headers.get('content-type')).toBe('image/gif');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('the preview of an image', () => {
  const photo = (width: number, height: number) =>
    sharp({ create: { width, height, channels: 3, background: '#336699' } });
  const previewOf = async (id: FileId) => {
    const answer = await tus(ann, 'GET', `/files/${id}/preview`);
    expect(answer.headers.get('content-type')).toBe('image/webp');
    expect(answer.headers.get('cache-control')).toContain('immutable');
    return await bytesOf(answer);
  };

  test('is small, upright, and has no metadata', async () => {
    const jpeg = await photo(3000, 2000)
      .withExif({ IFD0: { Copyright: 'a secret place' }, IFD3: { GPSLatitudeRef: 'N' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const id = await uploadFile(ann, 'photo.jpg', jpeg);
    const { body } = await ann.request('GET', `/files/${id}`);
    expect(body).toMatchObject({ mediaType: 'image/jpeg', width: 2000, height: 3000 });
    expect(body.blurhash).toMatch(/^[\w#$%*+,\-.:;=?@[\]^_{|}~]{20,40}$/);
    const preview = await previewOf(id);
    const { width, height, exif } = await sharp(preview).metadata();
    expect([width, height, exif]).toEqual([853, 1280, undefined]);
    expect(preview.includes('a secret place')).toBe(false);
  });

  test('of an animation is animated', async () => {
    const frames = await Promise.all(
      ['#ff0000', '#00ff00', '#0000ff'].map((background) =>
        sharp({ create: { width: 40, height: 30, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const gif = await sharp(frames, { join: { animated: true } })
      .gif({ delay: 50 })
      .toBuffer();
    const id = await uploadFile(ann, 'moving.gif', gif);
    expect((await ann.request('GET', `/files/${id}`)).body).toMatchObject({
      width: 40,
      height: 30,
    });
    expect((await sharp(await previewOf(id), { animated: true }).metadata()).pages).toBe(3);
  });

  test.each([
    ['with too many pixels', async () => pngBomb(30_000, 30_000)],
    ['that is damaged', async () => (await photo(300, 200).png().toBuffer()).subarray(0, 120)],
    ['that is only a name', async () => Buffer.from('not an image')],
  ])('does not exist of an image %s, which is a file all the same', async (_what, make) => {
    const bytes = await make();
    const id = await uploadFile(ann, 'image.png', bytes);
    const { body } = await ann.request('GET', `/files/${id}`);
    expect([body.bytes, body.width, body.blurhash]).toEqual([bytes.length, undefined, undefined]);
    expect((await tus(ann, 'GET', `/files/${id}/preview`)).status).toBe(404);
    expect(await bytesOf(await contentOf(ann, id))).toEqual(bytes);
  });
});

describe('an avatar', () => {
  const square = (background: string, width = 400, height = 300) =>
    sharp({ create: { width, height, channels: 3, background } });
  /** Uploads an image and sets it; returns the answer. */
  const set = async (by: User & Uploader, path: string, image: Uint8Array, name = 'a.png') =>
    by.request('PUT', path, { file: await uploadFile(by, name, image) });
  const see = (by: Uploader, image: string, query = '', headers: Record<string, string> = {}) =>
    tus(by, 'GET', `/images/${image}${query}`, headers);
  const png = (background: string) => square(background).png().toBuffer();
  const avatarOf = async (user: User) => (await user.request('GET', '/me')).body.avatar;

  test('of an account is a square without metadata, visible to everyone and cacheable', async () => {
    const watcher = server.peer();
    await watcher.hello(ben.accessToken);
    const photo = await square('#336699', 900, 400)
      .withExif({ IFD0: { Copyright: 'a secret place' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { status, body } = await set(ann, '/me/avatar', photo, '../<b>.svg');
    expect(status, JSON.stringify(body)).toBe(200);
    const { avatar } = body;
    const updated = await watcher.next('event', (e) => e.type === 'user.updated');
    expect(updated.data).toMatchObject({ account: ann.id, avatar });
    for (const [query, size] of [
      ['', 256],
      ['?size=64', 64],
    ] as const) {
      const answer = await see(ben, avatar, query);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'image/webp',
        'cache-control': 'private, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringMatching(/default-src 'none'.*sandbox/),
      });
      const etag = answer.headers.get('etag') as string;
      const bytes = await bytesOf(answer);
      const { width, height, exif, pages } = await sharp(bytes).metadata();
      expect([width, height, exif, pages]).toEqual([size, size, undefined, undefined]);
      expect(bytes.includes('a secret place')).toBe(false);
      expect((await see(ben, avatar, query, { 'if-none-match': etag })).status).toBe(304);
    }
    expect((await ben.request('GET', `/users/${ann.id}`)).body.avatar).toBe(avatar);
    // Also in lists of accounts that a client may not know.
    const group = await ben.group('lists', [ann]);
    const members = await ben.request('GET', `/conversations/${group}/members`);
    const suggested = await ben.request(
      'GET',
      `/conversations/${group}/mention-suggestions?search=ann`,
    );
    const accounts = await ann.request('GET', '/admin/accounts');
    for (const { body } of [members, suggested, accounts]) {
      const own = (item: { account?: string; id?: string }) => (item.account ?? item.id) === ann.id;
      expect(body.items.find(own).avatar).toBe(avatar);
    }
    expect((await ben.request('GET', '/images/nothing')).status).toBe(404);
    expect((await fetch(`${server.url}/api/v1/images/${avatar}`)).status).toBe(401);
  });

  test('is loaded by its URL with the token of a session, until the session ends', async () => {
    const pia = Object.assign(await server.register('pia'), { url: server.url });
    const { avatar } = (await set(ann, '/me/avatar', await png('#996633'))).body;
    const { token } = (await pia.request('GET', '/images/token')).body;
    const by = (value: string) =>
      fetch(`${server.url}/api/v1/images/${avatar}?size=64&token=${value}`);
    expect((await by(token)).status).toBe(200);
    // It is valid for nothing else, and for its own account and session only.
    const elsewhere = await fetch(`${server.url}/api/v1/me`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(elsewhere.status).toBe(401);
    const [, session, signature] = token.split('.');
    const forged = [`${ann.id}.${session}.${signature}`, `${pia.id}.${ann.id}.${signature}`];
    for (const wrong of [...forged, `${token}x`, `${token}.x`, 'x', '']) {
      expect((await by(wrong)).status, wrong).toBe(410);
    }
    await server.rows(`delete from sessions where account_id = '${pia.id}'`);
    expect((await by(token)).status).toBe(410);
  });

  test.each([
    ['an SVG', async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['a script that is also a GIF', async () => Buffer.from('GIF89a/**/=1;alert(1)')],
    ['too many pixels', async () => pngBomb(30_000, 30_000)],
    ['half an image', async () => (await png('#ff0000')).subarray(0, 200)],
    ['nothing', async () => Buffer.alloc(0)],
    [
      'too many bytes',
      async () => square('#123456', 1500, 1400).png({ compressionLevel: 0 }).toBuffer(),
      'file_too_large',
    ],
  ] as [string, () => Promise<Buffer>, code?: string][])(
    'is not made of %s',
    async (_what, make, code = 'image_unreadable') => {
      const avatar = await avatarOf(ann);
      const { body } = await set(ann, '/me/avatar', await make());
      expect(body.code).toBe(code);
      expect(await avatarOf(ann)).toBe(avatar);
    },
  );

  test('is made only from one’s own file that is in no message', async () => {
    const file = await uploadFile(ben, 'mine.png', await png('#00ff00'));
    expect((await ann.request('PUT', '/me/avatar', { file })).body.code).toBe('file_not_found');
    const group = await ben.group('posted');
    const message = { body: '', attachments: [file] };
    await ben.request('POST', `/conversations/${group}/messages`, message);
    expect((await ben.request('PUT', '/me/avatar', { file })).body.code).toBe('file_not_found');
  });

  test('of an animation is still', async () => {
    const frames = await Promise.all(['#ff0000', '#00ff00'].map((color) => png(color)));
    const gif = await sharp(frames, { join: { animated: true } })
      .gif({ delay: 50 })
      .toBuffer();
    const { body } = await set(ben, '/me/avatar', gif, 'moving.gif');
    const bytes = await bytesOf(await see(ann, body.avatar));
    expect((await sharp(bytes, { animated: true }).metadata()).pages).toBeUndefined();
  });

  test('of a private group is seen by its members, of a public one by all', async () => {
    const group = await ann.group('secret', [ben]);
    const path = `/conversations/${group}/avatar`;
    const rex = Object.assign(await server.register('rex'), { url: server.url });
    expect((await set(rex, path, await png('#0000ff'))).body.code).toBe('conversation_not_found');
    expect((await rex.request('DELETE', path)).body.code).toBe('conversation_not_found');
    await ann.request('PATCH', `/conversations/${group}/minimum-roles`, { rename: 'owner' });
    expect((await set(ben, path, await png('#0000ff'))).body.code).toBe('forbidden');
    expect((await ben.request('DELETE', path)).body.code).toBe('forbidden');
    const watcher = server.peer();
    await watcher.hello(ben.accessToken);
    const { body } = await set(ann, path, await png('#0000fe'));
    const updated = await watcher.next('event', (e) => e.type === 'conversation.updated');
    expect(updated.data).toEqual({ avatar: body.avatar });
    expect((await ben.request('GET', `/conversations/${group}`)).body.avatar).toBe(body.avatar);
    expect((await see(ben, body.avatar)).status).toBe(200);
    expect((await see(rex, body.avatar)).status).toBe(404);
    await ann.request('PATCH', `/conversations/${group}`, { visibility: 'public' });
    expect((await see(rex, body.avatar)).status).toBe(200);
    await ann.request('PATCH', `/conversations/${group}`, { visibility: 'private' });
    await ben.request('POST', `/conversations/${group}/leave`);
    expect((await see(ben, body.avatar)).status).toBe(404);
    expect((await ann.request('DELETE', path)).body.avatar).toBeNull();
    expect((await see(ann, body.avatar)).status).toBe(404);
    const direct = await ann.request('POST', '/conversations/direct', { account: ben.id });
    const ofDirect = `/conversations/${direct.body.id}/avatar`;
    expect((await set(ann, ofDirect, await png('#0000fe'))).body.code).toBe('not_a_group');
  });

  test('of a group is set once, even if the request is repeated', async () => {
    const group = await ann.group('again');
    const file = await uploadFile(ann, 'a.png', await png('#0000fd'));
    const key = { 'idempotency-key': '0197a000-0000-7000-8000-0000000000aa' };
    const send = () => ann.request('PUT', `/conversations/${group}/avatar`, { file }, key);
    const first = await send();
    const again = await send();
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body.avatar).toBe(first.body.avatar);
    expect(again.body.lastSeq).toBe(first.body.lastSeq);
  });

  test('of another account is removed by an admin, which is audited', async () => {
    const avatar = (await set(ben, '/me/avatar', await png('#00aa00'))).body.avatar;
    const remove = (by: User) => by.request('PATCH', `/admin/accounts/${ben.id}`, { avatar: null });
    expect((await remove(ben)).status).toBe(403);
    const foreign = await ann.request('PATCH', `/admin/accounts/${ben.id}`, { avatar });
    expect(foreign.status).toBe(422);
    const watcher = server.peer();
    await watcher.hello(ben.accessToken);
    expect((await remove(ann)).status).toBe(200);
    const updated = await watcher.next('event', (e) => e.type === 'user.updated');
    expect(updated).toMatchObject({ actor: ann.id, data: { account: ben.id, avatar: null } });
    expect(await avatarOf(ben)).toBeNull();
    expect((await see(ann, avatar)).status).toBe(404);
    expect((await remove(ann)).status).toBe(200);
    const entries = await server.rows(
      `select details from audit_log where event = 'account_updated' and account_id = '${ben.id}'`,
    );
    expect(entries).toEqual([{ details: { fields: ['avatar'] } }]);
  });

  test('of the server is its icon, also before login', async () => {
    const icon = () => fetch(`${server.url}/api/v1/server/icon`, { redirect: 'manual' });
    const before = await icon();
    expect([before.status, before.headers.get('location')]).toEqual([302, '/icon.svg']);
    const path = '/admin/server-settings/icon';
    expect((await set(ben, path, await png('#aa0000'))).status).toBe(403);
    const { status, body } = await set(ann, path, await png('#aa0000'));
    expect(status, JSON.stringify(body)).toBe(200);
    const now = await icon();
    expect([now.status, now.headers.get('content-type')]).toEqual([200, 'image/webp']);
    const options = await fetch(`${server.url}/api/v1/auth/options`);
    expect(((await options.json()) as { icon: string }).icon).toBe(body.icon);
    expect((await see(ben, body.icon)).status).toBe(200);
    // Not with the other settings, which would accept any id.
    await ann.request('PATCH', '/admin/server-settings', { name: 'Parley', icon: null });
    expect((await icon()).status).toBe(200);
    const entries = `select 1 from audit_log where event = 'settings_changed'`;
    expect(await server.rows(entries)).toHaveLength(1);
    expect((await ann.request('DELETE', path)).body.icon).toBeNull();
    expect((await icon()).status).toBe(302);
  });

  test('is made one at a time per account, and read only when its turn comes', async () => {
    const store = folderStoreOf({ dataDir });
    let reads = 0;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: FileStore = Object.create(store, {
      read: {
        value: async (digest: string) => {
          reads++;
          await released;
          return store.read(digest);
        },
      },
      stageBytes: { value: store.stageBytes.bind(store) },
    });
    const maker = new ImageMaker({
      pool: server.pool,
      store: slow,
      clock: { now: () => Date.now() },
      config: { rateLimits: false },
    });
    const fileOf = async (user: User & Uploader) =>
      (await uploadFile(user, 'a.png', await png('#0a0b0c'))) as FileId;
    const [annFile, benFile] = [await fileOf(ann), await fileOf(ben)];
    const first = maker.make(ann.id, annFile);
    await until(() => reads === 1, 'the first content to be read');
    await expect(maker.make(ann.id, annFile)).rejects.toMatchObject({
      refusal: { code: 'rate_limited' },
    });
    const other = maker.make(ben.id, benFile);
    expect(reads).toBe(1);
    release();
    expect(await first).not.toBe(await other);
    expect(await maker.make(ann.id, annFile)).toEqual(expect.any(String));
  });

  test('is kept if it is in use again before it is deleted', async () => {
    const nia = Object.assign(await server.register('nia'), { url: server.url });
    const path = '/me/avatar';
    const first = (await set(nia, path, await png('#7a1fa2'))).body.avatar;
    const second = (await set(nia, path, await png('#1f7a22'))).body.avatar;
    await nia.request('DELETE', path);
    const store = folderStoreOf({ dataDir });
    const removing: FileStore = Object.create(store, {
      remove: {
        value: async (digest: string) => {
          await server.rows(`update accounts set avatar = '${second}' where id = '${nia.id}'`);
          await store.remove(digest);
        },
      },
    });
    const { connectionString } = server.pool.options;
    const pool = new pg.Pool({ connectionString });
    const collector = new ImageCollector({
      pool,
      store: removing,
      clock: { now: () => Date.now() },
      log: testLog,
    });
    await collector.eraseUnused(nia.id);
    await pool.end();
    const left = await server.rows(`select id from images where created_by = '${nia.id}'`);
    expect(left.map(({ id }) => id)).toEqual([second]);
    expect(first).not.toBe(second);
    expect((await see(ann, second)).status).toBe(200);
    await nia.request('DELETE', path);
  });

  test('is deleted when nothing refers to it any more, and with its account', async () => {
    const zoe = Object.assign(await server.register('zoe'), { url: server.url });
    const images = async () => {
      const of = `select id from images where created_by = '${zoe.id}' order by id`;
      return (await server.rows(of)).map(({ id }) => id);
    };
    const first = (await set(zoe, '/me/avatar', await png('#010101'))).body.avatar;
    const second = (await set(zoe, '/me/avatar', await png('#020202'))).body.avatar;
    let later = 0;
    const collector = new ImageCollector({
      pool: server.pool,
      store: folderStoreOf({ dataDir }),
      clock: { now: () => Date.now() + later },
      log: testLog,
    });
    await collector.collect();
    expect(await images()).toEqual([first, second]);
    later = 2 * 60 * 60 * 1000;
    await collector.collect();
    expect(await images()).toEqual([second]);
    expect((await see(ann, second)).status).toBe(200);
    const deletion = { password: PASSWORD, messages: 'keep' };
    expect((await zoe.request('POST', '/me/delete', deletion)).status).toBe(204);
    await until(async () => (await images()).length === 0, 'the avatar to be deleted');
    expect((await see(ann, second)).status).toBe(404);
    await until(async () => {
      const named = `select 1 from events where data::text like '%${second}%'`;
      return (await server.rows(named)).length === 0;
    }, 'its id to leave the events');
    const contents = await server.rows(
      `select encode(digest, 'hex') as digest from images union select encode(small_digest, 'hex') from images`,
    );
    for (const { digest } of contents) {
      expect(stored().some((path) => path.endsWith(String(digest)))).toBe(true);
    }
  });
});

/** A PNG that is small and has many pixels, all of one color. */
function pngBomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // One bit a pixel, gray.
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((1 + Math.ceil(width / 8)) * height));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', rows),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
