import { type AccountId, type Attachment, FileId } from '@parley/protocol';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ParleyApi } from './api.ts';
import type { UploadMemory } from './uploads.ts';

const FILE = FileId.parse('0197a000-0000-7000-8000-0000000000ff');
const OTHER = FileId.parse('0197a000-0000-7000-8000-0000000000fe');
const SESSION = {
  accessToken: 't',
  accessTokenExpiresIn: 600,
  account: '0197a000-0000-7000-8000-00000000000a' as AccountId,
};
const problem = (status: number, code: string) =>
  Response.json({ status, code, title: code }, { status });

/** A server that speaks the tus protocol. `fault` may answer a PATCH in its place, or throw. */
class TusServer {
  readonly received: Uint8Array[] = [];
  readonly requests: string[] = [];
  length = 0;
  name = '';
  /** The id that it knows; null: none. */
  known: FileId | null = null;
  fault: (n: number, body: Uint8Array) => Response | null = () => null;
  #patches = 0;

  get offset(): number {
    return this.received.reduce((sum, piece) => sum + piece.length, 0);
  }

  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { pathname } = new URL(String(input));
    if (pathname.endsWith('/auth/token')) return Response.json(SESSION);
    init?.signal?.throwIfAborted();
    const path = pathname.replace('/api/v1', '');
    this.requests.push(`${init?.method} ${path}`);
    const headers = new Headers(init?.headers);
    if (path.startsWith('/files/')) {
      const file: Attachment = {
        id: FILE,
        name: this.name,
        mediaType: 'text/plain',
        bytes: this.length,
      };
      return Response.json(file);
    }
    if (headers.get('tus-resumable') !== '1.0.0' && init?.method !== 'DELETE') {
      return problem(412, 'upload_version');
    }
    if (init?.method === 'POST') {
      this.length = Number(headers.get('upload-length'));
      this.name = Buffer.from(
        headers.get('upload-metadata')?.split(' ')[1] ?? '',
        'base64',
      ).toString();
      this.known = FILE;
      return new Response(null, { status: 201, headers: { location: `/api/v1/uploads/${FILE}` } });
    }
    if (path !== `/uploads/${this.known}`) return problem(404, 'upload_not_found');
    if (init?.method === 'DELETE') this.known = null;
    if (init?.method === 'PATCH') return await this.#patch(headers, init.body as Blob);
    const state = { 'upload-offset': String(this.offset), 'upload-length': String(this.length) };
    return new Response(null, { status: init?.method === 'DELETE' ? 204 : 200, headers: state });
  };

  async #patch(headers: Headers, body: Blob): Promise<Response> {
    const bytes = new Uint8Array(await body.arrayBuffer());
    const fault = this.fault(++this.#patches, bytes);
    if (fault) return fault;
    if (Number(headers.get('upload-offset')) !== this.offset)
      return problem(409, 'upload_conflict');
    this.received.push(bytes);
    return new Response(null, { status: 204, headers: { 'upload-offset': String(this.offset) } });
  }
}

const content = Buffer.from(Array.from({ length: 700_000 }, (_, n) => n % 251));
const file = new Blob([content]);
const apiOf = (server: TusServer) =>
  new ParleyApi({ url: 'https://chat.example', sessionToken: 's', fetch: server.fetch });

afterEach(() => void vi.restoreAllMocks());

describe('an upload', () => {
  test('sends a file in pieces, with its name, and reports its progress', async () => {
    const server = new TusServer();
    const progress: number[] = [];
    const stored = await apiOf(server).upload(file, {
      name: 'Grüße.txt',
      onProgress: (sent) => progress.push(sent),
    });
    expect(stored).toMatchObject({ id: FILE, name: 'Grüße.txt' });
    expect(Buffer.concat(server.received).equals(content)).toBe(true);
    expect(server.received.length).toBeGreaterThan(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect([progress[0], progress.at(-1)]).toEqual([0, content.length]);
  });

  test('an upload of an empty file sends no bytes', async () => {
    const server = new TusServer();
    await apiOf(server).upload(new Blob([]), { name: '' });
    expect(server.requests).toEqual(['POST /uploads', `GET /files/${FILE}`]);
  });

  test('continues after a lost answer, a lost piece and a restart of the server', async () => {
    const server = new TusServer();
    server.fault = (n, bytes) => {
      if (n === 2) {
        // Stored, but the answer is lost.
        server.received.push(bytes);
        throw new TypeError('connection reset');
      }
      if (n === 3) throw new TypeError('connection refused');
      return n === 4 ? problem(503, 'shutting_down') : null;
    };
    await apiOf(server).upload(file, { name: 'a' });
    expect(Buffer.concat(server.received).equals(content)).toBe(true);
  });

  test.each([
    ['is lost', 0],
    ['arrives, and only its answer is lost', 1],
  ])('continues however often a piece %s, while there is progress', async (_what, kept) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const server = new TusServer();
    server.fault = (n, bytes) => {
      if (kept === 1) server.received.push(bytes);
      else if (n % 2 === 0) return null;
      throw new TypeError('connection reset');
    };
    const long = new Blob([content, content, content]);
    await apiOf(server).upload(long, { name: 'a' });
    expect(server.offset).toBe(long.size);
    expect(server.requests.filter((one) => one.startsWith('HEAD')).length).toBeGreaterThan(10);
  });

  test('continues after a reload of the page, unless the server has another file', async () => {
    const server = new TusServer();
    let kept: FileId | null = null;
    const memory: UploadMemory = {
      get: () => kept,
      set: (id) => {
        kept = id;
      },
    };
    server.fault = (n) => (n === 2 ? problem(409, 'account_quota_exceeded') : null);
    const first = apiOf(server).upload(file, { name: 'a', memory });
    await expect(first).rejects.toMatchObject({ code: 'account_quota_exceeded' });
    expect(kept).toBe(FILE);
    const before = server.offset;
    await apiOf(server).upload(file, { name: 'a', memory });
    expect(server.requests.filter((r) => r === 'POST /uploads')).toHaveLength(1);
    expect([before > 0, kept]).toEqual([true, null]);
    expect(Buffer.concat(server.received).equals(content)).toBe(true);

    const another = new TusServer();
    kept = OTHER;
    await apiOf(another).upload(file, { name: 'a', memory });
    expect(Buffer.concat(another.received).equals(content)).toBe(true);
  });

  test('starts again if the server has a file of another length under its id', async () => {
    const server = new TusServer();
    server.known = FILE;
    server.length = content.length - 1;
    const kept: (FileId | null)[] = [];
    const memory: UploadMemory = { get: () => FILE, set: (id) => void kept.push(id) };
    await apiOf(server).upload(file, { name: 'a', memory });
    expect(server.requests.slice(0, 2)).toEqual([`HEAD /uploads/${FILE}`, 'POST /uploads']);
    expect([server.offset, kept]).toEqual([content.length, [FILE, null]]);
  });

  test('fails if it cannot be continued or started, and then keeps what it knows', async () => {
    const server = new TusServer();
    const failing = (method: string) => ({
      fetch: async (input: RequestInfo | URL, init?: RequestInit) =>
        init?.method === method ? problem(403, 'forbidden') : server.fetch(input, init),
    });
    const upload = (method: string, known: FileId | null) => {
      const memory: UploadMemory = { get: () => known, set: (id) => void kept.push(id) };
      const options = { url: 'https://chat.example', sessionToken: 's', ...failing(method) };
      return new ParleyApi(options).upload(file, { name: 'a', memory });
    };
    const kept: (FileId | null)[] = [];
    await expect(upload('HEAD', FILE)).rejects.toMatchObject({ code: 'unavailable', status: 403 });
    await expect(upload('POST', null)).rejects.toMatchObject({ code: 'forbidden', status: 403 });
    expect([kept, server.requests]).toEqual([[], []]);
  });

  test('sends larger pieces while they are fast, and smaller ones when they are slow', async () => {
    const KIB = 1024;
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const server = new TusServer();
    const sizes: number[] = [];
    server.fault = (n, bytes) => {
      sizes.push(bytes.length / KIB);
      // As fast as expected, then slow, then interrupted.
      now += n < 8 || n > 10 ? 1_500 : 1_501;
      return n === 10 ? problem(503, 'unavailable') : null;
    };
    const progress: number[] = [];
    const onProgress = (bytes: number) => progress.push(bytes / KIB);
    const long = new Blob([new Uint8Array(19_688 * KIB)]);
    await apiOf(server).upload(long, { name: 'a', onProgress });
    const fast = [128, 256, 512, 1_024, 2_048, 4_096, 4_096];
    expect(sizes).toEqual([...fast, 4_096, 2_048, 1_024, 128, 256, 512, 488]);
    const confirmed = [128, 384, 896, 1_920, 3_968, 8_064, 12_160, 16_256, 18_304];
    const end = [18_432, 18_688, 19_200, 19_688];
    expect(progress).toEqual([0, ...confirmed, 18_304, ...end]);
  });

  test('tries ten times without progress', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const server = new TusServer();
    server.fault = () => problem(503, 'unavailable');
    const upload = apiOf(server).upload(file, { name: 'a' });
    await expect(upload).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.requests.filter((r) => r.startsWith('PATCH'))).toHaveLength(10);
    expect(server.requests.filter((r) => r.startsWith('HEAD'))).toHaveLength(9);
  });

  test.each([
    [409, 'upload_conflict', true],
    [408, 'upload_incomplete', true],
    [507, 'disk_full', false],
    [413, 'file_too_large', false],
  ])('after %i %s is continued: %s', async (status, code, isContinued) => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const server = new TusServer();
    server.fault = (n) => (n === 1 ? problem(status, code) : null);
    const upload = apiOf(server).upload(file, { name: 'a' });
    if (isContinued) expect(await upload).toMatchObject({ id: FILE });
    else await expect(upload).rejects.toMatchObject({ status });
  });

  test('ends if the server no longer knows it after an interruption', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    const server = new TusServer();
    server.fault = () => {
      server.known = null;
      return problem(503, 'unavailable');
    };
    const upload = apiOf(server).upload(file, { name: 'a' });
    await expect(upload).rejects.toMatchObject({ code: 'unavailable' });
    expect(server.requests).toHaveLength(3);
  });

  test('is canceled while it waits, without another request, and forgotten', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1);
    const server = new TusServer();
    const controller = new AbortController();
    const kept: (FileId | null)[] = [];
    const memory: UploadMemory = { get: () => null, set: (id) => void kept.push(id) };
    server.fault = () => {
      setTimeout(() => controller.abort(new Error('canceled')), 20);
      return problem(503, 'unavailable');
    };
    const { signal } = controller;
    const startedAt = performance.now();
    const upload = apiOf(server).upload(file, { name: 'a', memory, signal });
    await expect(upload).rejects.toThrow('canceled');
    // The pause is a second long.
    expect(performance.now() - startedAt).toBeLessThan(900);
    expect(server.requests.filter((r) => !r.startsWith('HEAD'))).toEqual([
      'POST /uploads',
      `PATCH /uploads/${FILE}`,
      `DELETE /uploads/${FILE}`,
    ]);
    expect(kept).toEqual([FILE, null]);
  });

  test('removes a canceled upload from the server', async () => {
    const server = new TusServer();
    const controller = new AbortController();
    server.fault = (n) => {
      if (n === 2) controller.abort(new Error('canceled'));
      return null;
    };
    const upload = apiOf(server).upload(file, { name: 'a', signal: controller.signal });
    await expect(upload).rejects.toThrow('canceled');
    expect(server.requests.at(-1)).toBe(`DELETE /uploads/${FILE}`);
  });

  test('does not retry an upload that the server refuses', async () => {
    const server = new TusServer();
    server.fault = () => problem(507, 'disk_full');
    await expect(apiOf(server).upload(file, { name: 'a' })).rejects.toMatchObject({
      code: 'disk_full',
    });
    expect(server.requests.filter((r) => r.startsWith('PATCH'))).toHaveLength(1);
  });
});
