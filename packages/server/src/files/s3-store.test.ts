import { createHash, randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startTestS3, type TestS3 } from '../../test/support/s3-server.ts';
import { makeTempDir } from '../../test/support/temp-dir.ts';
import { testLog } from '../../test/support/test-log.ts';
import { pathOfDigest } from './file-store.ts';
import { errorOfResponse, isTransient } from './s3-error.ts';
import { S3Store, type S3StoreOptions } from './s3-store.ts';

const MIB = 1024 * 1024;

let s3: TestS3;
let dir: string;
beforeAll(async () => {
  s3 = await startTestS3(['files', 'others']);
  dir = makeTempDir('s3-store');
});
afterEach(() => {
  s3.fault = () => null;
});
afterAll(async () => {
  await s3.stop();
  rmSync(dir, { recursive: true, force: true });
});

const storeWith = (options: Partial<S3StoreOptions> = {}) =>
  new S3Store({
    endpoint: s3.url,
    bucket: 'files',
    region: 'us-east-1',
    accessKeyId: 'S3RVER',
    secretAccessKey: 'S3RVER',
    pathStyle: true,
    prefix: 'chat/',
    log: testLog,
    owner: async () => 'this server',
    ...options,
  });
const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
async function readAll(store: S3Store, digest: string, range?: { start: number; end: number }) {
  const stream = await store.read(digest, range);
  if (!stream) return null;
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
async function contentsOf(store: S3Store) {
  const all = [];
  for await (const content of store.list()) all.push(content);
  return all;
}
/** Writes a file; returns its path and digest. */
function fileWith(bytes: Buffer) {
  const path = join(dir, digestOf(bytes));
  writeFileSync(path, bytes);
  return { path, digest: digestOf(bytes) };
}
async function stored(store: S3Store, bytes: Buffer): Promise<string> {
  const { path, digest } = fileWith(bytes);
  await store.put(digest, path);
  return digest;
}
const code = (name: string) =>
  expect.objectContaining({ refusal: expect.objectContaining({ code: name }) });
const requests = (method: string, text: string) =>
  s3.seen.filter((each) => each.method === method && each.url.includes(text));

describe('an S3 store', () => {
  test('stores, lists, reads ranges of and removes contents', async () => {
    const store = storeWith();
    const bytes = randomBytes(300_000);
    const digest = await stored(store, bytes);
    const empty = await stored(store, Buffer.alloc(0));
    expect(await readAll(store, digest)).toEqual(bytes);
    expect(await readAll(store, empty)).toEqual(Buffer.alloc(0));
    const range = { start: 1_000, end: 200_999 };
    expect(await readAll(store, digest, range)).toEqual(bytes.subarray(1_000, 201_000));
    const all = await contentsOf(store);
    expect(all).toHaveLength(2);
    expect(all).toContainEqual({ digest, bytes: bytes.length });
    const age = Date.now() - ((await store.writtenAt(digest))?.getTime() ?? 0);
    expect(age).toBeLessThan(60_000);
    await store.remove(digest);
    await store.remove(digest);
    expect(await readAll(store, digest)).toBeNull();
    expect(await store.writtenAt(digest)).toBeNull();
    expect(await contentsOf(store)).toEqual([{ digest: empty, bytes: 0 }]);
  });

  test('sends a content once, and again if it was removed before the transaction', async () => {
    const store = storeWith();
    const bytes = randomBytes(50_000);
    const digest = await stored(store, bytes);
    const sent = () => requests('PUT', digest).length;
    expect(sent()).toBe(1);
    const staged = await store.stage(digest, fileWith(bytes).path);
    expect(sent()).toBe(1);
    await store.remove(digest);
    await staged.put();
    await staged.discard();
    expect(sent()).toBe(2);
    expect(await readAll(store, digest)).toEqual(bytes);
  });

  test('sends a large content in parts, and retries each after a failure', async () => {
    const store = storeWith();
    const bytes = randomBytes(65 * MIB);
    let failures = 0;
    s3.fault = ({ url }) =>
      url.includes('partNumber=3') && failures++ < 2 ? { status: 503 } : null;
    const digest = await stored(store, bytes);
    expect(failures).toBe(3);
    expect(requests('PUT', `${pathOfDigest(digest)}?partNumber=1&`)).toHaveLength(1);
    expect(digestOf((await readAll(store, digest)) ?? Buffer.alloc(0))).toBe(digest);
  });

  test('leaves nothing of a large content that could not be sent', async () => {
    const store = storeWith();
    s3.fault = ({ url }) =>
      url.includes('partNumber=2') ? { status: 403, code: 'AccessDenied' } : null;
    const { path, digest } = fileWith(randomBytes(65 * MIB));
    await expect(store.put(digest, path)).rejects.toEqual(code('files_unavailable'));
    expect(await store.read(digest)).toBeNull();
    expect(requests('DELETE', `${digest}?uploadId=`)).toHaveLength(1);
  });

  test('retries while the server is busy or unreachable, and reports it if it remains unreachable', async () => {
    const store = storeWith();
    const bytes = randomBytes(1_000);
    let left = 2;
    s3.fault = ({ method }) => (method === 'PUT' && left-- > 0 ? { status: 503 } : null);
    const digest = await stored(store, bytes);
    s3.fault = () => 'refused';
    await expect(store.read(digest)).rejects.toEqual(code('files_unavailable'));
    expect(await store.remote.isReachable()).toBe(false);
    s3.fault = () => ({ status: 507, code: 'XMinioStorageFull' });
    const full = fileWith(randomBytes(1_000));
    await expect(store.put(full.digest, full.path)).rejects.toEqual(code('disk_full'));
  });

  test('continues an interrupted download', async () => {
    const store = storeWith();
    const bytes = randomBytes(900_000);
    const digest = await stored(store, bytes);
    let cuts = 0;
    s3.fault = ({ method }) => (method === 'GET' && cuts++ < 5 ? { cutAfter: 100_000 } : null);
    expect(await readAll(store, digest)).toEqual(bytes);
    cuts = 0;
    expect(await readAll(store, digest, { start: 10, end: 800_009 })).toEqual(
      bytes.subarray(10, 800_010),
    );
    s3.fault = ({ method }) => (method === 'GET' ? { cutAfter: 0 } : null);
    await expect(readAll(store, digest)).rejects.toThrow();
  });

  test('refuses a bucket of another server, one that is missing, and wrong keys', async () => {
    await storeWith({ bucket: 'others', prefix: '' }).check();
    const another = storeWith({
      bucket: 'others',
      prefix: '',
      owner: async () => 'another server',
    });
    await expect(another.check()).rejects.toThrow('contains the files of another Parley server');
    await expect(another.remove('a'.repeat(64))).rejects.toThrow();
    expect(requests('DELETE', 'aaaa')).toHaveLength(0);
    await storeWith({
      bucket: 'others',
      prefix: 'two/',
      owner: async () => 'another server',
    }).check();
    await expect(storeWith({ bucket: 'no-such-bucket' }).check()).rejects.toThrow(
      /NoSuchBucket\. Create the bucket/,
    );
    const secretAccessKey = 'not the secret of this key';
    const rejected = await storeWith({ secretAccessKey })
      .check()
      .catch((error: Error) => error);
    expect(String(rejected)).toMatch(/403 SignatureDoesNotMatch\. Check FILES_S3_ACCESS_KEY_ID/);
    expect(String(rejected)).not.toContain(secretAccessKey);
  });

  test('starts without a responding server, and uses it once it responds', async () => {
    s3.fault = () => ({ status: 503 });
    const store = storeWith();
    await store.check();
    s3.fault = () => null;
    expect(await readAll(store, await stored(store, Buffer.from('later')))).toEqual(
      Buffer.from('later'),
    );
  });

  test('removes parts left a day ago, if the server can list them', async () => {
    const store = storeWith();
    const now = new Date();
    // This server does not.
    await store.sweepStaged(now);
    const upload = (key: string, id: string, at: Date) =>
      `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at.toISOString()}</Initiated></Upload>`;
    const old = new Date(now.getTime() - 1_000);
    const uploads =
      upload('chat/a', 'old', old) + upload('chat/b', 'new', now) + upload('x', 'x', old);
    s3.fault = ({ method, url }) => {
      if (method === 'DELETE') return { status: 204 };
      return url.includes('uploads=')
        ? {
            status: 200,
            body: `<ListMultipartUploadsResult>${uploads}</ListMultipartUploadsResult>`,
          }
        : null;
    };
    await store.sweepStaged(now);
    expect(requests('DELETE', 'uploadId=').at(-1)?.url).toBe('/files/chat/a?uploadId=old');
    expect(requests('DELETE', 'uploadId=new')).toHaveLength(0);
    expect(requests('DELETE', 'uploadId=x')).toHaveLength(0);
  });
});

describe('what an S3 server answers', () => {
  const answering = (
    body: string,
    more: { status?: number; headers?: Record<string, string> } = {},
  ) => {
    s3.fault = ({ url }) => (url.includes('parley-server') ? null : { status: 200, body, ...more });
  };

  test('is never followed as a redirect', async () => {
    const store = storeWith();
    const digest = await stored(store, randomBytes(100));
    answering('', { status: 307, headers: { location: `${s3.url}/elsewhere` } });
    await expect(store.read(digest)).rejects.toEqual(code('files_unavailable'));
    expect(requests('GET', 'elsewhere')).toHaveLength(0);
  });

  test('is only accepted as a list if complete', async () => {
    const store = storeWith();
    const broken = [
      '<html>Log in to this network</html>',
      `<!DOCTYPE r [<!ENTITY a "${'a'.repeat(1_000)}">]><r>${'&a;'.repeat(1_000)}</r>`,
      '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>',
      `<ListBucketResult><IsTruncated>true</IsTruncated>
         <NextContinuationToken>again</NextContinuationToken></ListBucketResult>`,
      `<ListBucketResult>${'<a>'.repeat(1_000_000)}`,
      `<ListBucketResult>${' '.repeat(5 * MIB)}</ListBucketResult>`,
    ];
    for (const body of broken) {
      answering(body);
      await expect(contentsOf(store)).rejects.toEqual(code('files_unavailable'));
    }
  });

  test('is never more than the requested range of a content, nor another range', async () => {
    const store = storeWith();
    const bytes = randomBytes(5_000);
    const digest = await stored(store, bytes);
    const range = { start: 100, end: 199 };
    const part = (from: number) => ({
      status: 206,
      headers: { 'content-range': `bytes ${from}-${from + 99}/5000` },
    });
    answering('x'.repeat(300), part(100));
    expect(await readAll(store, digest, range)).toEqual(Buffer.from('x'.repeat(100)));
    answering('x'.repeat(100), part(0));
    await expect(store.read(digest, range)).rejects.toEqual(code('files_unavailable'));
    answering('x'.repeat(100), { status: 200 });
    await expect(store.read(digest, range)).rejects.toEqual(code('files_unavailable'));
    // Without a length, nothing says where it ends.
    await expect(store.read(digest)).rejects.toEqual(code('files_unavailable'));
  });
});

test('errors of S3 are told apart by status and code, and bounded', () => {
  const answer = (name: string) => `<?xml version="1.0"?><Error><Code>${name}</Code></Error>`;
  expect(errorOfResponse(404, answer('NoSuchKey')).message).toBe(
    'The S3 server answered 404 NoSuchKey',
  );
  expect(errorOfResponse(500, '<html>').code).toBe('');
  expect(errorOfResponse(500, answer('<b>\n')).code).toBe('');
  expect(errorOfResponse(500, answer('x'.repeat(500))).code).toHaveLength(60);
  expect(isTransient(errorOfResponse(400, answer('RequestTimeout')))).toBe(true);
  expect(isTransient(errorOfResponse(403, answer('AccessDenied')))).toBe(false);
  expect(isTransient(new Error('ECONNRESET'))).toBe(true);
});
