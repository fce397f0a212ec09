import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { contentOf, encodingFor, sendContent } from './compressed.ts';

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
