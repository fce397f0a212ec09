import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { compressJson, contentOf, encodingFor, sendContent } from './compressed.ts';

const both = { br: Buffer.from('b'), gzip: Buffer.from('g') };

describe('the encoding of a response', () => {
  test.each([
    ['gzip, deflate, br', 'br'],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0.0, gzip;q=0', null],
    ['*', 'br'],
    ['*;q=0', null],
    ['identity', null],
    ['deflate', null],
    ['brotli', null],
    ['', null],
    [undefined, null],
    [';;;,,q=,br;q=x', null],
  ])('for %s is %s', (accepted, expected) => {
    expect(encodingFor(accepted, both)).toBe(expected);
  });

  test('is an available one', () => {
    expect(encodingFor('br, gzip', { gzip: both.gzip })).toBe('gzip');
    expect(encodingFor('br, gzip', {})).toBeNull();
  });
});

describe('the JSON of a route', () => {
  const names = Array.from({ length: 200 }, (_, i) => ({ name: `emoji-${i}` }));
  async function get(path: string, headers: Record<string, string>) {
    const app = Fastify();
    const sizes: number[] = [];
    app.addHook('onSend', async (_request, _reply, payload) => {
      sizes.push((payload as string).length);
    });
    compressJson(app);
    const config = { isCompressed: true };
    app.get('/names', { config }, async () => names);
    app.get('/name', { config }, async () => names[0]);
    app.get('/missing', { config }, async (_request, reply) => reply.code(404).send(names[0]));
    app.get('/private', async () => names);
    const answer = await app.inject({ url: path, headers });
    return { ...answer, headers: answer.headers, raw: answer.rawPayload, sizes };
  }

  test.each([
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const)('that all may read is compressed: %s', async (encoding, decode) => {
    const { headers, raw, sizes } = await get('/names', { 'accept-encoding': encoding });
    expect(headers).toMatchObject({
      'content-encoding': encoding,
      'content-length': String(raw.length),
      'content-type': 'application/json; charset=utf-8',
      vary: 'accept-encoding',
    });
    expect(JSON.parse(decode(raw).toString())).toEqual(names);
    expect(raw.length).toBeLessThan(1_000);
    // Hooks that were added before count the uncompressed bytes.
    expect(sizes).toEqual([JSON.stringify(names).length]);
  });

  test('is sent uncompressed to a client that accepts no encoding', async () => {
    const { headers, raw } = await get('/names', {});
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers.vary).toBe('accept-encoding');
    expect(JSON.parse(raw.toString())).toEqual(names);
  });

  test.each(['/name', '/missing', '/private'])(
    'is sent uncompressed if it is short, an error, or not readable by all: %s',
    async (path) => {
      const { headers } = await get(path, { 'accept-encoding': 'br, gzip' });
      expect(headers).not.toHaveProperty('content-encoding');
      expect(headers).not.toHaveProperty('vary');
    },
  );
});

describe('content', () => {
  const text = 'the same words again and again. '.repeat(200);
  async function served(type = 'text/plain; charset=utf-8', bytes = Buffer.from(text)) {
    const content = await contentOf(type, bytes);
    const app = Fastify();
    app.get('/', (request, reply) => sendContent(request, reply, content));
    return (headers: Record<string, string>) => app.inject({ url: '/', headers });
  }

  test('is unchanged in each encoding', async () => {
    const get = await served();
    const br = await get({ 'accept-encoding': 'br' });
    expect(br.headers['content-encoding']).toBe('br');
    expect(brotliDecompressSync(br.rawPayload).toString()).toBe(text);
    const gzip = await get({ 'accept-encoding': 'gzip' });
    expect(gzip.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzip.rawPayload).toString()).toBe(text);
    const plain = await get({});
    expect(plain.headers).not.toHaveProperty('content-encoding');
    expect(plain.body).toBe(text);
    for (const { headers } of [br, gzip, plain]) {
      expect(headers.vary).toBe('accept-encoding');
      expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    }
    expect(br.rawPayload.length).toBeLessThan(text.length / 10);
  });

  test('is not sent again if the client has it in the same encoding', async () => {
    const get = await served();
    const { headers } = await get({ 'accept-encoding': 'br' });
    const etag = headers.etag as string;
    const again = await get({ 'accept-encoding': 'br', 'if-none-match': `"x", W/${etag}` });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', etag]);
    expect((await get({ 'accept-encoding': 'gzip', 'if-none-match': etag })).statusCode).toBe(200);
    expect((await get({ 'if-none-match': '"x"' })).statusCode).toBe(200);
  });

  test('that is small or not text is sent uncompressed', async () => {
    for (const get of [
      await served('image/png'),
      await served('text/plain; charset=utf-8', Buffer.from('short')),
    ]) {
      const answer = await get({ 'accept-encoding': 'br' });
      expect(answer.headers).not.toHaveProperty('content-encoding');
      expect(answer.headers).not.toHaveProperty('vary');
    }
  });
});
