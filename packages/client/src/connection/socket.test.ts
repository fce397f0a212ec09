import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { nodeSocket } from '../node.ts';
import { browserSocket, type SocketFactory } from './socket.ts';

/** `ws` has the interface of browsers, but there an error that nothing listens for is no exception. */
class BrowserWebSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.on('error', () => undefined);
  }
}

/** A server that answers each text with it, in capitals; `rejection` refuses connections. */
let server: Server;
let rejection: { status: number; headers?: Record<string, string> } | undefined;
let sockets: WebSocketServer;
let url: string;

beforeEach(async () => {
  rejection = undefined;
  server = createServer();
  sockets = new WebSocketServer({ noServer: true });
  sockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      const text = data.toString();
      if (text === 'binary') socket.send(Buffer.from('bytes'));
      else if (text === 'cut') socket.terminate();
      else if (text.startsWith('close')) socket.close(Number(text.slice(5)), 'as requested');
      else socket.send(text.toUpperCase());
    });
  });
  server.on('upgrade', (request, duplex, head) => {
    if (rejection === undefined) {
      sockets.handleUpgrade(request, duplex, head, (ws) => sockets.emit('connection', ws, request));
      return;
    }
    const { status, headers = {} } = rejection;
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    duplex.end(`HTTP/1.1 ${status} No\r\n${lines.join('')}content-length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubGlobal('WebSocket', BrowserWebSocket);
});
afterEach(async () => {
  vi.unstubAllGlobals();
  for (const socket of sockets.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** Opens a socket, and records the calls of its handlers. */
function open(factory: SocketFactory, to = url) {
  const calls: unknown[][] = [];
  const socket = factory(to, {
    open: () => calls.push(['open']),
    message: (text) => calls.push(['message', text]),
    close: (code, retryAfterMs) => calls.push(['close', code, retryAfterMs]),
  });
  return { socket, calls };
}

describe.each([
  ['of a browser', browserSocket],
  ['of a program', nodeSocket],
])('a socket %s', (_, factory) => {
  test('opens, exchanges texts, and closes with its code', async () => {
    const { socket, calls } = open(factory);
    await expect.poll(() => calls).toEqual([['open']]);
    socket.send('hello');
    await expect.poll(() => calls.at(-1)).toEqual(['message', 'HELLO']);
    socket.close(4000);
    await expect.poll(() => calls.at(-1)).toEqual(['close', 4000, null]);
    expect(calls).toHaveLength(3);
  });

  test('reports the code with which the server closes', async () => {
    const { socket, calls } = open(factory);
    await expect.poll(() => calls).toEqual([['open']]);
    socket.send('close4401');
    await expect.poll(() => calls.at(-1)).toEqual(['close', 4401, null]);
  });

  test('reports a lost connection, and one that could not be opened, once', async () => {
    const { socket, calls } = open(factory);
    await expect.poll(() => calls).toEqual([['open']]);
    socket.send('cut');
    await expect.poll(() => calls.slice(1)).toEqual([['close', 1006, null]]);
    const unreachable = open(factory, 'ws://127.0.0.1:9');
    await expect.poll(() => unreachable.calls).toEqual([['close', 1006, null]]);
  });
});

test('a socket of a browser ignores what is not text', async () => {
  const { socket, calls } = open(browserSocket);
  await expect.poll(() => calls).toEqual([['open']]);
  socket.send('binary');
  socket.send('after');
  await expect.poll(() => calls.slice(1)).toEqual([['message', 'AFTER']]);
});

describe('a rejected connection of a program', () => {
  test.each([
    [{ status: 403 }, ['close', 4403, null]],
    [{ status: 503 }, ['close', 1013, null]],
    [{ status: 429, headers: { 'retry-after': '7' } }, ['close', 1013, 7_000]],
    [{ status: 403, headers: { 'retry-after': '2' } }, ['close', 4403, 2_000]],
    [{ status: 503, headers: { 'retry-after': 'later' } }, ['close', 1013, null]],
  ])('%j is reported as %j', async (how, expected) => {
    rejection = how;
    const { calls } = open(nodeSocket);
    await expect.poll(() => calls).toEqual([expected]);
  });
});

test('a cut socket of a program sends no close frame', async () => {
  const code = new Promise((resolve) => {
    sockets.once('connection', (socket) => socket.once('close', resolve));
  });
  const calls: number[] = [];
  const socket = nodeSocket(url, {
    open: () => socket.cut(),
    message: () => undefined,
    close: (closed) => calls.push(closed),
  });
  expect(await code).toBe(1006);
  await expect.poll(() => calls).toEqual([1006]);
});
