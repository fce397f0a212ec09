import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../../test/support/sink.ts';
import { HttpListener } from './http-listener.ts';

const listeners: HttpListener[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
});

/** A listener that admits three connections per address; responses to /open are ended by the test. */
async function listen(proxies: readonly string[] = []) {
  const listener = await HttpListener.open('127.0.0.1', 0, {
    perAddress: 3,
    isProxy: (address) => proxies.includes(address),
  });
  listeners.push(listener);
  const open: ServerResponse[] = [];
  listener.lead((asked, response) => {
    if (asked.url === '/open') open.push(response);
    else response.end('done');
  });
  return { port: listener.address.port, open };
}

/** Connects from an address, sends text, and waits until it is connected. */
async function client(port: number, localAddress = '127.0.0.1', text = '') {
  let read = '';
  const socket = connect({ port, host: '127.0.0.1', localAddress });
  sockets.push(socket);
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    read += data.toString('latin1');
  });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  if (text !== '') socket.write(text);
  return { socket, read: () => read };
}

type Client = Awaited<ReturnType<typeof client>>;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const closed = ({ socket }: { socket: Socket }) => socket.destroyed;

test('a listener that cannot use its address names the setting', async () => {
  const limits = { perAddress: 3, isProxy: () => false };
  const { port } = await listen();
  await expect(HttpListener.open('127.0.0.1', port, limits)).rejects.toThrow(/set PORT/);
  // An address for documentation (RFC 5737), which no machine has.
  await expect(HttpListener.open('192.0.2.1', 0, limits)).rejects.toThrow(
    /^HOST .*: 192\.0\.2\.1$/,
  );
});

describe('connections of one address', () => {
  test('beyond the limit replace the one that has been idle the longest', async () => {
    const { port, open } = await listen();
    const busy = await client(port, '127.0.0.1', get('/open'));
    await until(() => open.length === 1, 'the request');
    const silent = await client(port);
    const used = await client(port, '127.0.0.1', get('/'));
    await until(() => used.read().includes('done'), 'the answer');
    const other = await client(port, '127.0.0.2');

    const fourth = await client(port, '127.0.0.1', get('/'));
    await until(() => closed(silent), 'the end of the silent connection');
    await until(() => fourth.read().includes('done'), 'the answer');
    const fifth = await client(port, '127.0.0.1', get('/'));
    await until(() => closed(used), 'the end of the connection that was used before');
    expect([busy, other, fourth, fifth].filter(closed)).toEqual([]);
    open[0]?.end('done');
    await until(() => busy.read().includes('done'), 'the answer that was being prepared');
  });

  test('are closed at once while all others are busy', async () => {
    const { port, open } = await listen();
    const busy: Client[] = [];
    for (let n = 0; n < 3; n++) {
      busy.push(await client(port, '127.0.0.1', get('/open')));
      await until(() => open.length === n + 1, 'the request');
    }
    const further = await client(port);
    await until(() => closed(further), 'the end of the further connection');
    expect(busy.filter(closed)).toEqual([]);
    for (const response of open) response.end('done');
    await until(() => busy.every(({ read }) => read().includes('done')), 'all answers');
  });

  test('are not bounded if it is a proxy', async () => {
    const { port } = await listen(['127.0.0.1']);
    const clients: Client[] = [];
    for (let n = 0; n < 6; n++) clients.push(await client(port, '127.0.0.1', get('/')));
    await until(() => clients.every(({ read }) => read().includes('done')), 'all answers');
    expect(clients.filter(closed)).toEqual([]);
  });

  test('do not count once they are WebSockets', async () => {
    const { port } = await listen();
    const [listener] = listeners as [HttpListener];
    listener.server.on('upgrade', (_request, socket) => {
      socket.on('error', () => socket.destroy());
      socket.on('end', () => socket.destroy()).resume();
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    });
    const upgrade = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
    const clients: Client[] = [];
    for (let n = 0; n < 6; n++) clients.push(await client(port, '127.0.0.1', upgrade));
    await until(() => clients.every(({ read }) => read().includes('101')), 'all upgrades');
    expect(clients.filter(closed)).toEqual([]);
  });
});
