import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { ParleyApi } from './api.ts';

let server: Server | undefined;

afterEach(() => {
  vi.useRealTimers();
  server?.close();
});

/** A server that hands out tokens and counts them. */
async function tokens(): Promise<{ url: string; handedOut: () => number }> {
  let count = 0;
  server = createServer((_request, response) => {
    count++;
    response.setHeader('content-type', 'application/json');
    const accessTokenExpiresAt = '2026-01-01T00:10:00.000Z';
    response.end(
      JSON.stringify({ accessToken: `t${count}`, accessTokenExpiresAt, accessTokenExpiresIn: 600 }),
    );
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, handedOut: () => count };
}

test.each([
  ['hours ahead', '2026-01-01T07:00:00Z'],
  ['hours behind', '2025-12-31T17:00:00Z'],
])('a device whose clock is %s renews its token when it ends, not before', async (_, now) => {
  const { url, handedOut } = await tokens();
  vi.useFakeTimers({ toFake: ['Date'], now: new Date(now) });
  const api = new ParleyApi({ url, sessionToken: 's' });
  expect(await api.accessToken()).toBe('t1');
  vi.advanceTimersByTime(500_000);
  expect(await api.accessToken()).toBe('t1');
  expect(handedOut()).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(await api.accessToken()).toBe('t2');
});

test('a request that is never answered fails in the end, also in the middle of its answer', async () => {
  let part = '';
  server = createServer((_request, response) => {
    if (part) response.writeHead(200, { 'content-length': 100 }).write(part);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const api = new ParleyApi({ url: `http://127.0.0.1:${port}`, sessionToken: 's', timeoutMs: 50 });
  await expect(api.accessToken()).rejects.toMatchObject({ code: 'network' });
  part = '{"accessToken":';
  await expect(api.accessToken()).rejects.toMatchObject({ code: 'network' });
  server.closeAllConnections();
});
