import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addressFilter } from '../outbound/addresses.ts';
import { Fetcher } from './fetcher.ts';

/** A server at an address that is allowed, and one at an address that is not. */
let site: Server;
let secret: Server;
let port: number;
let requests: IncomingMessage[] = [];
/** Requests that have reached the address that is not allowed. */
let leaked = 0;
const pages = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
let addresses: Record<string, string[]> = {};
let lookups: string[] = [];

beforeAll(async () => {
  site = createServer((request, response) => {
    requests.push(request);
    const page = pages.get(request.url ?? '');
    if (page) page(request, response);
    else response.writeHead(404).end();
  });
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  ({ port } = site.address() as AddressInfo);
  secret = createServer((_request, response) => {
    leaked++;
    html(response, '<title>secret</title>');
  });
  secret.listen(port, '127.0.0.2');
  await once(secret, 'listening');
});
afterAll(async () => {
  for (const server of [site, secret]) {
    server.closeAllConnections();
    server.close();
  }
  // Whatever the pages tried, no request has reached the other address.
  expect(leaked).toBe(0);
});
beforeEach(() => {
  requests = [];
  lookups = [];
  addresses = { 'site.test': ['127.0.0.1'] };
  pages.clear();
});

const html = (response: ServerResponse, body: string | Buffer, headers = {}) =>
  response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(body);
const MAX = 64 * 1024;

function aFetcher() {
  return new Fetcher({
    userAgent: 'ParleyLinkPreview/1.0 (+https://chat.example.org)',
    ports: [port],
    allows: addressFilter(['127.0.0.1']),
    resolve: async (host) => {
      lookups.push(host);
      return addresses[host] ?? [];
    },
  });
}
const at = (path: string, host = 'site.test') => `http://${host}:${port}${path}`;
const never = new AbortController().signal;
/** Waits until all connections are closed, also of pages that were not read to their end. */
const areClosed = () =>
  expect
    .poll(() => requests.filter(({ socket }) => !socket.destroyed).map((r) => r.url))
    .toEqual([]);
const fetchPage = (path: string, host?: string) => aFetcher().page(at(path, host), MAX, never);

test('a request has no credentials and no cookies, and names the address of the server', async () => {
  pages.set('/?q=1', (_request, response) =>
    html(response, '<title>Hello</title>', { 'set-cookie': 'a=b' }),
  );
  const fetcher = aFetcher();
  const page = await fetcher.page(at('/?q=1#part').replace('//', '//me:pass@'), MAX, never);
  expect(page.bytes.toString()).toBe('<title>Hello</title>');
  await fetcher.page(at('/?q=1'), MAX, never);
  // One robots.txt for both.
  expect(requests.map(({ url }) => url)).toEqual(['/robots.txt', '/?q=1', '/?q=1']);
  const { headers } = requests[2] as IncomingMessage;
  expect(headers['user-agent']).toBe('ParleyLinkPreview/1.0 (+https://chat.example.org)');
  expect([headers.cookie, headers.authorization, headers.referer]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('the fetcher connects to the address that was checked: a name that changes is resolved once', async () => {
  pages.set('/', (_request, response) => html(response, 'x'));
  const fetcher = new Fetcher({
    userAgent: 'x',
    ports: [port],
    allows: addressFilter(['127.0.0.1']),
    // Each answer is another address, as from a rebinding name server.
    resolve: async (host) => {
      lookups.push(host);
      return [lookups.length <= 2 ? '127.0.0.1' : '127.0.0.2'];
    },
  });
  expect((await fetcher.page(at('/', 'changes.test'), MAX, never)).bytes.toString()).toBe('x');
  // For robots.txt and for the page: the third answer is refused.
  expect(lookups).toHaveLength(2);
  await expect(fetcher.page(at('/', 'changes.test'), MAX, never)).rejects.toThrow('address');
});

test('names with any address that is not allowed, and names without one, are refused', async () => {
  addresses = { 'private.test': ['127.0.0.2'], 'mixed.test': ['127.0.0.1', '127.0.0.2'] };
  await expect(fetchPage('/', 'private.test')).rejects.toThrow('address');
  await expect(fetchPage('/', 'mixed.test')).rejects.toThrow('address');
  await expect(fetchPage('/', 'unknown.test')).rejects.toThrow('no address');
  await expect(fetchPage('/', '127.0.0.2')).rejects.toThrow('address');
  await expect(fetchPage('/', '[::ffff:7f00:1]')).rejects.toThrow('address');
  await expect(fetchPage('/', '[::1]')).rejects.toThrow('address');
  await expect(aFetcher().page('http://site.test/', MAX, never)).rejects.toThrow('port');
  expect(requests).toEqual([]);
});

test.each([
  ['an address that is not allowed', () => at('/', '127.0.0.2'), 'address'],
  ['a number that is one', () => at('/', '2130706434'), 'address'],
  ['a name of one', () => at('/', 'inside.test'), 'address'],
  ['another scheme', () => 'file:///etc/passwd', 'scheme'],
  ['another port', () => 'http://site.test:22/', 'port'],
  ['no address', () => 'http://[', 'location'],
])('a redirect to %s is not followed', async (_what, target, reason) => {
  addresses['inside.test'] = ['127.0.0.2'];
  pages.set('/', (_request, response) => response.writeHead(302, { location: target() }).end());
  await expect(fetchPage('/')).rejects.toThrow(reason);
});

test('three redirects are followed, and no loop', async () => {
  for (const [n, to] of ['/1', '/2', '/3'].entries()) {
    pages.set(`/${n}`, (_request, response) => response.writeHead(301, { location: to }).end());
  }
  pages.set('/3', (_request, response) => html(response, 'end'));
  expect((await fetchPage('/0')).url.pathname).toBe('/3');
  pages.set('/3', (_request, response) => response.writeHead(307, { location: '/3' }).end());
  await expect(fetchPage('/0')).rejects.toThrow('redirects');
  expect(requests.length).toBeLessThan(12);
});

test('no more of an endless or compressed page is read than its limit', async () => {
  const endless = (path: string, piece: Buffer, headers = {}) =>
    pages.set(path, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', ...headers });
      const more = () => {
        while (!response.destroyed && response.write(piece));
      };
      response.on('drain', more);
      more();
    });
  endless('/endless', Buffer.alloc(64 * 1024, 'x'));
  endless('/endless-gzip', gzipSync(randomBytes(64 * 1024)), { 'content-encoding': 'gzip' });
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
  pages.set('/bomb', (_request, response) => html(response, bomb, { 'content-encoding': 'gzip' }));
  const before = process.memoryUsage().arrayBuffers;
  expect((await fetchPage('/endless')).bytes).toHaveLength(MAX);
  expect((await fetchPage('/endless-gzip')).bytes).toHaveLength(MAX);
  expect((await fetchPage('/bomb')).bytes).toHaveLength(MAX);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
  await expect(aFetcher().image(at('/bomb'), MAX, never)).rejects.toThrow('type');
  const brotli = brotliCompressSync('<title>small</title>');
  pages.set('/br', (_request, response) => html(response, brotli, { 'content-encoding': 'br' }));
  expect((await fetchPage('/br')).bytes.toString()).toBe('<title>small</title>');
  pages.set('/other', (_request, response) =>
    html(response, 'x', { 'content-encoding': 'gzip, gzip' }),
  );
  await expect(fetchPage('/other')).rejects.toThrow('encoding');
  pages.set('/broken', (_request, response) =>
    html(response, 'not gzip', { 'content-encoding': 'gzip' }),
  );
  await expect(fetchPage('/broken')).rejects.toThrow('incorrect header');
  await areClosed();
});

test('aborts slow pages and endless headers after five seconds', async () => {
  pages.set('/drip', (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    const timer = setInterval(() => response.write('x'), 100);
    response.on('close', () => clearInterval(timer));
  });
  pages.set('/silent', () => undefined);
  const started = performance.now();
  await Promise.all([
    expect(fetchPage('/drip')).rejects.toThrow(),
    expect(fetchPage('/silent')).rejects.toThrow(),
  ]);
  const took = performance.now() - started;
  expect(took).toBeGreaterThan(4_000);
  expect(took).toBeLessThan(20_000);
});

test('only HTML is accepted as a page, and only an image within the limit as an image', async () => {
  const typed = (type: string | undefined, body: string | Buffer = 'x') =>
    pages.set('/', (_request, response) => html(response, body, { 'content-type': type ?? '' }));
  for (const type of ['text/plain', 'application/pdf', 'image/svg+xml', 'text/htmlx', '']) {
    typed(type);
    // “text/htmlx” is no HTML either.
    await expect(fetchPage('/'), type).rejects.toThrow('type');
  }
  typed('image/png', Buffer.alloc(100));
  expect((await aFetcher().image(at('/'), 100, never)).bytes).toHaveLength(100);
  await expect(aFetcher().image(at('/'), 99, never)).rejects.toThrow('too large');
  for (const status of [204, 206, 304, 401, 404, 500]) {
    pages.set('/', (_request, response) => response.writeHead(status).end());
    await expect(fetchPage('/'), String(status)).rejects.toThrow(`status ${status}`);
  }
  // Each that is refused by its headers is closed, though it has not ended.
  for (const [status, type] of [
    [200, 'text/plain'],
    [404, 'text/html'],
    [302, 'text/html'],
  ] as const) {
    pages.set('/', (_request, response) => {
      response.writeHead(status, { 'content-type': type, location: 'file:///x' });
      response.write('x');
    });
    await expect(fetchPage('/')).rejects.toThrow(/type|status|scheme/);
  }
  await areClosed();
});

test('fetches what robots.txt allows, also after a redirect', async () => {
  pages.set('/robots.txt', (_request, response) =>
    response.end('User-agent: *\nDisallow: /private\n\nUser-agent: Other\nDisallow: /\n'),
  );
  pages.set('/public', (_request, response) => html(response, 'x'));
  pages.set('/private/a', (_request, response) => html(response, 'x'));
  pages.set('/moved', (_request, response) =>
    response.writeHead(302, { location: '/private/a' }).end(),
  );
  expect((await fetchPage('/public')).bytes.toString()).toBe('x');
  await expect(fetchPage('/private/a')).rejects.toThrow('robots.txt');
  await expect(fetchPage('/moved')).rejects.toThrow('robots.txt');
  pages.set('/robots.txt', (_request, response) =>
    response.end('User-agent: ParleyLinkPreview\nDisallow: /\n'),
  );
  await expect(fetchPage('/public')).rejects.toThrow('robots.txt');
  for (const status of [500, 503]) {
    pages.set('/robots.txt', (_request, response) => response.writeHead(status).end());
    await expect(fetchPage('/public'), String(status)).rejects.toThrow('robots.txt');
  }
  pages.set('/robots.txt', (_request, response) => response.writeHead(403).end());
  expect((await fetchPage('/public')).bytes.toString()).toBe('x');
});

test('follows three redirects of robots.txt', async () => {
  pages.set('/public', (_request, response) => html(response, 'x'));
  const rules = (path: string) =>
    pages.set(path, (_request, response) => response.end('User-agent: *\nDisallow: /\n'));
  const redirect = (from: string, location: string) =>
    pages.set(from, (_request, response) => response.writeHead(301, { location }).end());
  redirect('/robots.txt', '/a');
  redirect('/a', '/b');
  redirect('/b', '/c');
  rules('/c');
  await expect(fetchPage('/public')).rejects.toThrow('robots.txt');
  redirect('/c', '/d');
  rules('/d');
  expect((await fetchPage('/public')).bytes.toString()).toBe('x');
});

test('ignores a line of robots.txt that is cut by the limit', async () => {
  pages.set('/public', (_request, response) => html(response, 'x'));
  const start = 'User-agent: *\nDisallow: /private\n';
  const comment = `#${'x'.repeat(32 * 1024 - start.length - 'Disallow: /pub'.length - 2)}\n`;
  pages.set('/robots.txt', (_request, response) =>
    response.end(`${start}${comment}Disallow: /published\n`),
  );
  expect((await fetchPage('/public')).bytes.toString()).toBe('x');
  pages.set('/private', (_request, response) => html(response, 'x'));
  await expect(fetchPage('/private')).rejects.toThrow('robots.txt');
});

test('compares an address with hostile patterns of robots.txt in bounded time', async () => {
  pages.set('/robots.txt', (_request, response) =>
    response.end(`User-agent: *\nDisallow: /${'*a'.repeat(100_000)}$\n`),
  );
  const path = `/${'a'.repeat(1_900)}`;
  pages.set(path, (_request, response) => html(response, 'x'));
  const started = performance.now();
  await fetchPage(path);
  pages.set('/robots.txt', (_request, response) =>
    response.end(`User-agent: *\n${'Disallow: /*a*a*a*a*b\n'.repeat(3_000)}`),
  );
  await expect(fetchPage(path)).rejects.toThrow('robots.txt');
  expect(performance.now() - started).toBeLessThan(3_000);
});

test('aborts at once when the server stops', async () => {
  pages.set('/silent', () => undefined);
  const stop = new AbortController();
  const fetching = aFetcher().page(at('/silent'), MAX, stop.signal);
  await expect.poll(() => requests.some(({ url }) => url === '/silent')).toBe(true);
  stop.abort(new Error('stopping'));
  await expect(fetching).rejects.toThrow();
});
