import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../../test/support/sink.ts';
import { Pipeline } from './pipeline.ts';
import { RESPONSE_BOUNDS, type ResponseBounds, ResponseLimits } from './response-limits.ts';

let server: Server;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

async function listen(listener: RequestListener): Promise<void> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

/** A connection that has sent this, and what it has read. */
function client(bytes: string): { socket: Socket; read: () => string } {
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  sockets.push(socket);
  let read = '';
  socket.on('data', (data) => {
    read += data.toString('latin1');
  });
  socket.on('error', () => socket.destroy());
  return { socket, read: () => read };
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe('requests of one connection', () => {
  /** Serves through a pipeline; responses are ended by the test. */
  async function pipelined(): Promise<{
    arrived: string[];
    open: [string, ServerResponse][];
    closed: string[];
  }> {
    const arrived: string[] = [];
    const open: [string, ServerResponse][] = [];
    const closed: string[] = [];
    const pipeline = new Pipeline();
    await listen((request, response) => {
      arrived.push(request.url ?? '');
      pipeline.take(request, response, (asked, answer) => {
        open.push([asked.url ?? '', answer]);
        answer.once('close', () => closed.push(asked.url ?? ''));
      });
    });
    return { arrived, open, closed };
  }

  /** The number of connections that the server has open. */
  const connections = () =>
    new Promise<number>((resolve, reject) =>
      server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );

  test('are served one at a time, in their order', async () => {
    const { arrived, open } = await pipelined();
    const { read } = client(get('/0') + get('/1') + get('/2'));
    await until(() => arrived.length === 3, 'the requests');
    for (let n = 0; n < 3; n++) {
      await until(() => open.length > n, 'the request');
      expect(open).toHaveLength(n + 1);
      open[n]?.[1].end(`answer ${n}`);
    }
    await until(() => read().includes('answer 2'), 'the last answer');
    expect(read().match(/answer \d/g)).toEqual(['answer 0', 'answer 1', 'answer 2']);
  });

  test('are dropped when the connection breaks', async () => {
    const { arrived, open, closed } = await pipelined();
    const { socket } = client(get('/0') + get('/1') + get('/2'));
    await until(() => arrived.length === 3, 'the requests');
    socket.destroy();
    await until(() => closed.length === 1, 'the end');
    await until(async () => (await connections()) === 0, 'the end of the connection');
    expect(open.map(([path]) => path)).toEqual(['/0']);
  });

  test('are queued up to 16; more close the connection', async () => {
    const { open, closed } = await pipelined();
    const good = client(get('/').repeat(17));
    await until(() => open.length === 1, 'the request');
    const bad = client(get('/bad').repeat(18));
    await until(() => bad.socket.destroyed, 'the end of the connection');
    await until(() => closed.length === 1, 'the end of its response');
    expect(closed).toEqual(['/bad']);
    expect(good.socket.destroyed).toBe(false);
  });

  test('do not delay those of another', async () => {
    const { open } = await pipelined();
    client(get('/a'));
    client(get('/b'));
    await until(() => open.length === 2, 'both requests');
  });
});

describe('responses', () => {
  const bounds: ResponseBounds = {
    ...RESPONSE_BOUNDS,
    perAddress: 3,
    bytesPerAddress: Number.POSITIVE_INFINITY,
  };
  const LARGE = Buffer.alloc(16 * 1024 * 1024);

  /** Answers each request with a number of bytes, for the address in its path. */
  async function answering(wanted: ResponseBounds, bytes: Buffer | null = LARGE) {
    const cut: string[] = [];
    const refused: string[] = [];
    const timeouts: string[] = [];
    const limits = new ResponseLimits(wanted, (why, address) => cut.push(`${why} ${address}`));
    await listen((request, response) => {
      const address = (request.url ?? '').slice(1);
      response.on('timeout', () => timeouts.push(address));
      if (!limits.begin(address, response)) {
        refused.push(address);
        response.end();
      } else if (bytes) response.end(bytes);
    });
    return { cut, refused, limits, timeouts };
  }

  /** A client that sends requests and does not read. */
  function unread(address: string): Socket {
    const { socket } = client(get(`/${address}`));
    socket.pause();
    return socket;
  }

  test('of one address are bounded, without affecting others', async () => {
    const { refused, limits } = await answering(bounds);
    for (let n = 0; n < 3; n++) unread('a');
    await until(() => limits.size === 3, 'three that wait');
    unread('a');
    await until(() => refused.length === 1, 'the refusal');
    const other = client(get('/b'));
    await until(() => other.read().length > LARGE.length, 'the answer at another address');
    expect(refused).toEqual(['a']);
  });

  test('count while their handler is running', async () => {
    const { refused, limits } = await answering(bounds, null);
    for (let n = 0; n < 3; n++) unread('a');
    await until(() => limits.size === 3, 'three that wait');
    unread('a');
    await until(() => refused.length === 1, 'the refusal');
  });

  test('are released when they are read or their connection breaks', async () => {
    const { limits, refused } = await answering(bounds);
    const broken = unread('a');
    await until(() => limits.size === 1, 'one that waits');
    broken.destroy();
    await until(() => limits.size === 0, 'its end');
    for (let n = 0; n < 5; n++) {
      const { read } = client(get('/a'));
      await until(() => read().length > LARGE.length, 'all of it');
      await until(() => limits.size === 0, 'the end of the response');
    }
    expect(refused).toEqual([]);
  });

  test('are released when their connection breaks while the handler is running', async () => {
    const { limits } = await answering(bounds, null);
    const broken = unread('a');
    await until(() => limits.size === 1, 'one that waits');
    broken.destroy();
    await until(() => limits.size === 0, 'its end');
  });

  test('have a limit of bytes per address', async () => {
    const { refused, limits } = await answering({ ...RESPONSE_BOUNDS, bytesPerAddress: 1_000_000 });
    unread('a');
    await until(() => limits.size === 1, 'one that waits');
    unread('a');
    await until(() => refused.length === 1, 'the refusal');
  });

  test('that are not read are aborted', async () => {
    const { cut } = await answering({ ...RESPONSE_BOUNDS, stalledMs: 300 });
    unread('a');
    await until(() => cut.length === 1, 'the cut');
    expect(cut).toEqual(['stalled a']);
  });

  test('are not aborted while their handler is running', async () => {
    const { cut, limits, timeouts } = await answering({ ...RESPONSE_BOUNDS, stalledMs: 50 }, null);
    unread('a');
    await until(() => timeouts.length === 4, 'four times that nothing was read');
    expect([cut, limits.size]).toEqual([[], 1]);
  });

  test('that are read too slowly are aborted', async () => {
    const { cut } = await answering({
      ...RESPONSE_BOUNDS,
      sentMs: 200,
      bytesPerSecond: LARGE.length * 5,
    });
    const socket = unread('a');
    const trickle = setInterval(() => socket.read(1_000), 50);
    await until(() => cut.length === 1, 'the cut');
    clearInterval(trickle);
    expect(cut).toEqual(['slow a']);
  });

  test('are aborted, the largest first, while their total exceeds the limit', async () => {
    const { cut } = await answering({ ...RESPONSE_BOUNDS, bytes: LARGE.length * 1.5 });
    unread('a');
    unread('b');
    await until(() => cut.length > 0, 'the cut');
    expect(cut).toHaveLength(1);
    expect(cut[0]).toMatch(/^memory [ab]$/);
  });
});
