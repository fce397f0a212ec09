import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PushRequests } from './requests.ts';

const HOUR_MS = 3_600_000;

let server: Server;
let url: string;
let answer: { status: number; headers?: Record<string, string> };
let received: { method: string | undefined; length: string | undefined; body: string }[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    received.push({ method: request.method, length: request.headers['content-length'], body });
    response.writeHead(answer.status, answer.headers).end('an answer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/topic`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const requests = new PushRequests(['127.0.0.1', '10.1.0.0/16'], 'Parley');
const send = (to = url) => requests.send({ url: to, headers: {}, body: Buffer.from('hello') });

describe('an answer of a push server', () => {
  test.each([
    [200, 'sent'],
    [201, 'sent'],
    [204, 'sent'],
    [302, 'failed'],
    [400, 'failed'],
    [403, 'failed'],
    [404, 'gone'],
    [408, 'retry'],
    [410, 'gone'],
    [413, 'failed'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
  ])('%i means: %s', async (status, kind) => {
    received = [];
    answer = { status, headers: status === 302 ? { location: url } : {} };
    const result = await send();
    expect(result).toMatchObject({ kind });
    // A redirect is not followed.
    expect(received).toEqual([{ method: 'POST', length: '5', body: 'hello' }]);
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['3600', HOUR_MS],
    ['3601', HOUR_MS],
    ['99999999999999999999', HOUR_MS],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', HOUR_MS],
    ['soon', undefined],
  ])('with Retry-After: %s defers for %s ms', async (retryAfter, afterMs) => {
    answer = { status: 503, headers: { 'retry-after': retryAfter } };
    const result = await send();
    expect(result).toEqual({
      kind: 'retry',
      error: 'The push server answered with 503',
      ...(afterMs !== undefined && { afterMs }),
    });
  });

  test('that does not arrive is retried', async () => {
    expect(await send('http://127.0.0.1:9/')).toMatchObject({
      kind: 'retry',
      isUnreachable: true,
    });
  });
});

describe('an address of a push server', () => {
  test.each([
    ['https://push.example/x', true, true],
    ['https://93.184.215.14/x', true, true],
    ['https://10.1.2.3/x', true, false],
    ['https://10.2.2.3/x', false, false],
    ['https://[::1]/x', false, false],
    ['https://[::ffff:10.1.2.3]/x', false, false],
    ['http://push.example/x', true, false],
    ['http://10.1.2.3/x', true, false],
    ['http://10.2.2.3/x', false, false],
    ['http://93.184.215.14/x', false, false],
    ['https://me@push.example/x', false, false],
    ['https://:pass@push.example/x', false, false],
    ['ftp://push.example/x', false, false],
    ['push.example', false, false],
  ])('%s may be used: %s, without private networks: %s', async (address, withNetworks, without) => {
    expect(requests.mayUse(address)).toBe(withNetworks);
    expect(new PushRequests([], 'Parley').mayUse(address)).toBe(without);
  });

  test('that may not be used gets no request', async () => {
    received = [];
    const closed = new PushRequests([], 'Parley');
    const request = { url, headers: {}, body: Buffer.from('secret') };
    expect(await closed.send(request)).toEqual({
      kind: 'failed',
      error: 'The address is not allowed',
    });
    expect(received).toEqual([]);
  });
});
