import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ConversationId, FileId } from '@parley/protocol';
import pg from 'pg';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Child, startServer } from '../../test/support/child.ts';
import { endPool, startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { type S3Seen, startTestS3, type TestS3 } from '../../test/support/s3-server.ts';
import {
  registerAt,
  startTestServer,
  type TestServer,
  type User,
} from '../../test/support/server.ts';
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
import { pathOfDigest } from './file-store.ts';
import { s3StoreOf } from './file-stores.ts';
import type { S3Store } from './s3-store.ts';

// Processes of their own: on a busy machine their starts take long.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const SECRET = 'a secret that both nodes of the test have';

let cluster: TestCluster;
let s3: TestS3;
let dir: string;
let databaseUrl: string;
let pool: pg.Pool;
/** Two nodes with a database and a bucket, and data folders of their own. */
let server: TestServer;
let node: Child;
/** All that were started: they end with the tests, whatever happens. */
const children: Child[] = [];
/** The bucket as the nodes see it. */
let bucket: S3Store;
let ann: User & Uploader;
/** The same user on the other node. */
let annThere: Uploader;
let group: ConversationId;

const settings = () => ({
  ...s3.env('files', 'chat'),
  PARLEY_SECRET: SECRET,
  PUBLIC_URL: 'http://parley.example',
});
/** Starts the other node, and waits until it answers. */
async function startNode(): Promise<void> {
  node = startServer({
    PORT: '0',
    PARLEY_DATA: join(dir, 'two'),
    DATABASE_URL: databaseUrl,
    RATE_LIMITS: 'off',
    LINK_PREVIEWS: 'off',
    ...settings(),
  });
  children.push(node);
  annThere = { accessToken: ann.accessToken, url: await node.line() };
}

beforeAll(async () => {
  cluster = await startTestCluster();
  s3 = await startTestS3(['files']);
  dir = makeTempDir('s3-nodes');
  const database = await cluster.fresh();
  databaseUrl = database.url;
  pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  server = await startTestServer(cluster, { DATABASE_URL: databaseUrl, ...settings() });
  const store = await s3StoreOf(
    {
      dataDir: dir,
      filesS3Endpoint: s3.url,
      filesS3Bucket: 'files',
      filesS3AccessKeyId: 'S3RVER',
      filesS3SecretAccessKey: 'S3RVER',
      filesS3Prefix: 'chat',
    },
    { pool, log: testLog },
  );
  if (!store) throw new Error('No bucket');
  bucket = store;
  ann = Object.assign(await registerAt(server.address, 'ann'), { url: server.address });
  await startNode();
  group = await ann.group('files');
});
afterEach(() => {
  s3.fault = () => null;
});
afterAll(async () => {
  // First, and independent of anything missing after a failed start.
  await Promise.all(children.map((child) => child.kill()));
  await server?.stop();
  await s3?.stop();
  if (pool) await endPool(pool);
  await cluster?.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const keyOf = (bytes: Uint8Array) => `/files/chat/${pathOfDigest(digestOf(bytes))}`;
const contentOf = (user: Uploader, id: FileId, headers: Record<string, string> = {}) =>
  tus(user, 'GET', `/files/${id}/content`, headers);
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const digestIn = async (response: Response) => digestOf(await bytesOf(response));
const post = async (attachments: readonly FileId[]) => {
  const path = `/conversations/${group}/messages`;
  const posted = await ann.request('POST', path, { body: 'here', attachments });
  expect(posted.status).toBe(201);
  return `${path}/${posted.body.seq}`;
};
const receivedOf = async (user: Uploader, id: FileId) =>
  (await tus(user, 'HEAD', `/uploads/${id}`)).headers.get('upload-offset');

describe('files in a bucket', () => {
  test('are uploaded to one node, read from another, and removed with their message', async () => {
    const bytes = randomBytes(3_000_000);
    const id = await uploadFile(ann, 'noise.bin', bytes);
    const again = await uploadFile(annThere, 'again.bin', bytes);
    const sent = s3.seen.filter(({ method, url }) => method === 'PUT' && url === keyOf(bytes));
    expect(sent).toHaveLength(1);
    const message = await post([id]);
    expect(await digestIn(await contentOf(annThere, id))).toBe(digestOf(bytes));
    const part = await contentOf(ann, id, { range: 'bytes=1000-1999999' });
    expect(part.status).toBe(206);
    expect(await bytesOf(part)).toEqual(bytes.subarray(1_000, 2_000_000));
    expect((await ann.request('DELETE', message)).status).toBe(200);
    await until(async () => (await contentOf(ann, id)).status === 404, 'the file is gone', 30_000);
    // The other file has the same content.
    expect(await digestIn(await contentOf(ann, again))).toBe(digestOf(bytes));
    expect((await ann.request('DELETE', await post([again]))).status).toBe(200);
    await until(
      async () => (await bucket.writtenAt(digestOf(bytes))) === null,
      'the content is gone',
      30_000,
    );
  });

  test('have previews, and avatars are made of them', async () => {
    const options = { width: 300, height: 200, channels: 3, background: '#08f' } as const;
    const png = await sharp({ create: options }).png().toBuffer();
    const id = await uploadFile(ann, 'blue.png', png);
    const avatar = await ann.request('PUT', '/me/avatar', { file: id });
    expect(avatar.status).toBe(200);
    await post([id]);
    const preview = await tus(annThere, 'GET', `/files/${id}/preview`);
    expect((await sharp(await bytesOf(preview)).metadata()).width).toBe(300);
    const image = await tus(annThere, 'GET', `/images/${avatar.body.avatar}?size=64`);
    expect((await sharp(await bytesOf(image)).metadata()).format).toBe('webp');
  });

  test('are compared with the rows by the doctor', async () => {
    const store = bucket;
    // Deletions of earlier tests may be in progress.
    await until(async () => (await examine(pool, store)).length === 0, 'nothing is wrong', 30_000);
    const [kept, lost] = [randomBytes(2_000), randomBytes(2_000)];
    await post([await uploadFile(ann, 'lost.bin', lost)]);
    await store.remove(digestOf(lost));
    await (await store.stageBytes(digestOf(kept), kept)).put();
    const found = await examine(pool, store);
    expect(found.map(({ kind, places }) => [kind, places[0]?.key.sha256]).sort()).toEqual([
      ['content_missing', digestOf(lost)],
      ['content_unused', digestOf(kept)],
    ]);
    await (await store.stageBytes(digestOf(lost), lost)).put();
    await store.remove(digestOf(kept));
    expect(await examine(pool, store)).toEqual([]);
  });
});

describe('while the S3 server fails', () => {
  const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;
  const readiness = async () =>
    (await (await fetch(new URL('/health/ready', server.address))).json()) as { files?: string };

  test('a complete upload becomes a file as soon as the server answers', async () => {
    const bytes = randomBytes(100_000);
    const { id } = await startUpload(ann, 'late.bin', bytes.length);
    s3.fault = () => 'refused';
    const sent = await sendBytes(ann, id, 0, bytes);
    expect([sent.status, await codeOf(sent)]).toEqual([503, 'files_unavailable']);
    expect(sent.headers.get('retry-after')).toBe('10');
    const path = `/conversations/${group}/messages`;
    const posted = await ann.request('POST', path, { body: '', attachments: [id] });
    expect(posted.body.code).toBe('file_not_found');
    // Messages do not need it.
    expect((await ann.request('POST', path, { body: 'still here' })).status).toBe(201);
    await until(
      async () => (await readiness()).files === 'unreachable',
      'the node notices',
      30_000,
    );
    s3.fault = () => null;
    expect(await receivedOf(ann, id)).toBe(String(bytes.length));
    await post([id]);
    expect(await digestIn(await contentOf(annThere, id))).toBe(digestOf(bytes));
    await until(async () => (await readiness()).files === 'ok', 'the node recovers', 30_000);
  });

  test('a download is refused before it starts, and continues after an interruption', async () => {
    const bytes = randomBytes(2_000_000);
    const id = await uploadFile(ann, 'long.bin', bytes);
    const isDownload = ({ method, url }: S3Seen) => method === 'GET' && url === keyOf(bytes);
    s3.fault = (request) => (isDownload(request) ? { status: 503 } : null);
    const refused = await contentOf(ann, id);
    expect([refused.status, await codeOf(refused)]).toEqual([503, 'files_unavailable']);
    let cuts = 0;
    s3.fault = (request) => (isDownload(request) && cuts++ < 3 ? { cutAfter: 300_000 } : null);
    expect(await digestIn(await contentOf(ann, id))).toBe(digestOf(bytes));
    expect(cuts).toBe(4);
  });

  test('a message is deleted, and its file when it answers', async () => {
    const bytes = randomBytes(20_000);
    const id = await uploadFile(ann, 'deleted.bin', bytes);
    const message = await post([id]);
    let refusals = 0;
    s3.fault = ({ method, url }) =>
      method === 'DELETE' && url === keyOf(bytes) && ++refusals ? { status: 503 } : null;
    expect((await ann.request('DELETE', message)).status).toBe(200);
    await until(async () => refusals >= 3, 'attempts', 30_000);
    expect((await contentOf(ann, id)).status).toBe(404);
    s3.fault = () => null;
    await until(
      async () => (await bucket.writtenAt(digestOf(bytes))) === null,
      'the content is gone',
      30_000,
    );
    const isForgotten = async () =>
      (await pool.query('select from files where id = $1', [id])).rows.length === 0;
    await until(isForgotten, 'the row is gone', 30_000);
  });

  test('a node that is killed while sending leaves no partial file, and finishes after a restart', async () => {
    const bytes = randomBytes(9_000_000);
    const { id } = await startUpload(annThere, 'killed.bin', bytes.length);
    let sending = 0;
    s3.fault = ({ method, url }) =>
      method === 'PUT' && url === keyOf(bytes) && ++sending ? 'silent' : null;
    const sent = sendBytes(annThere, id, 0, bytes).catch(() => null);
    await until(async () => sending > 0, 'it sends', 30_000);
    await node.kill();
    expect(await sent).toBeNull();
    s3.fault = () => null;
    expect(await bucket.read(digestOf(bytes))).toBeNull();
    expect((await ann.request('GET', `/files/${id}`)).status).toBe(404);
    await startNode();
    expect(await receivedOf(annThere, id)).toBe(String(bytes.length));
    expect(await digestIn(await contentOf(ann, id))).toBe(digestOf(bytes));
  });
});
