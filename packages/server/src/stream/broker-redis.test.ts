import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { StreamId } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, type Mock, test, vi } from 'vitest';
import { testLog } from '../../test/support/test-log.ts';
import type { Logger } from '../runtime/log.ts';
import type { BrokerListener } from './broker.ts';
import { RedisBroker } from './broker-redis.ts';

// With Redis: broker-redis.db.

// The clock is the test’s; the sockets are real.
beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }),
);
afterEach(() => void vi.useRealTimers());

const stream = '01890000-0000-7000-8000-000000000001' as StreamId;
const other = '01890000-0000-7000-8000-000000000002' as StreamId;
const third = '01890000-0000-7000-8000-000000000003' as StreamId;

test('without Redis a broker is disconnected, drops all messages, and logs one warning', async () => {
  const warnings: unknown[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (w: unknown) => warnings.push(w),
  };
  // Nothing listens on this port.
  const broker = new RedisBroker('redis://127.0.0.1:1', 'test', log as unknown as Logger);
  const heard = { receive: vi.fn(), hint: vi.fn(), listening: vi.fn(), connected: vi.fn() };
  broker.start(heard);
  broker.subscribe(stream);
  vi.advanceTimersByTime(2_000);
  expect(warnings).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(warnings).toHaveLength(1);
  broker.publish(stream, []);
  broker.sendNodeMessage(null, 'kind', 'body');
  broker.sendNodeMessage(stream, 'kind', 'body');
  broker.unsubscribe(stream);
  expect(broker).toMatchObject({
    status: 'disconnected',
    lagMs: null,
    counters: { sent: 0, received: 0, dropped: 3, connections: 0 },
  });
  await broker.stop();
  for (const call of Object.values(heard)) expect(call).not.toHaveBeenCalled();
});

test('two brokers have different names', () => {
  const log = { debug: () => undefined } as unknown as Logger;
  const names = [1, 2].map(() => new RedisBroker('redis://127.0.0.1:1', 'test', log).node);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{12}$/);
  expect(new Set(names).size).toBe(2);
});

describe('with a server that answers when the test says so', () => {
  let server: SlowRedis;
  let broker: RedisBroker;
  let heard: Record<keyof BrokerListener, Mock>;
  beforeEach(async () => {
    server = new SlowRedis();
    await server.listen();
    broker = new RedisBroker(server.url, 'test', testLog);
    heard = { receive: vi.fn(), hint: vi.fn(), listening: vi.fn(), connected: vi.fn() };
    broker.start(heard);
    await until(() => broker.status === 'connected');
  });
  afterEach(async () => {
    server.release();
    await broker.stop();
    await server.close();
  });

  test('drops messages while 16 MiB are unconfirmed, and sends them again once they are confirmed', async () => {
    const mebibyte = 'x'.repeat(1024 * 1024);
    const send = async (count: number) => {
      const before = broker.counters.sent;
      for (let n = 0; n < count; n++) {
        broker.sendNodeMessage(null, 'kind', mebibyte);
        await Promise.resolve();
      }
      return broker.counters.sent - before;
    };
    server.hold('publish');
    expect(await send(20)).toBe(16);
    expect(broker.counters.dropped).toBe(4);
    server.release();
    await until(async () => (await send(1)) === 1);
  });

  test('is not connected because of a heartbeat that returns too late', async () => {
    server.hold('heartbeat');
    await until(() => broker.status === 'disconnected');
    vi.advanceTimersByTime(500);
    server.releaseOldest();
    while (broker.lagMs === null) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(500);
    expect(broker.status).toBe('disconnected');
    server.release();
    await until(() => broker.status === 'connected');
    expect(heard.connected).toHaveBeenCalledTimes(2);
  });

  test('passes a node message to the handler of its kind on the other nodes', async () => {
    const second = new RedisBroker(server.url, 'test', testLog);
    const [handler, ofOtherKind] = [vi.fn(), vi.fn()];
    broker.onNodeMessage('kind', handler);
    broker.onNodeMessage('other', ofOtherKind);
    second.start(heard);
    await until(() => second.status === 'connected');
    second.sendNodeMessage(null, 'kind', 'body');
    await until(() => handler.mock.calls.length > 0);
    expect(handler.mock.calls).toEqual([['body', second.node, null]]);
    expect(ofOtherKind).not.toHaveBeenCalled();
    await second.stop();
  });

  test('unsubscribes from a stream whose last subscription ended before it was confirmed', async () => {
    server.hold('subscribe');
    broker.subscribe(stream);
    await until(() => server.received('subscribe', `parley:test:s:${stream}`) === 1);
    broker.unsubscribe(stream);
    server.release();
    await until(() => heard.listening.mock.calls.length === 1);
    vi.advanceTimersByTime(3_000);
    await until(() => server.received('unsubscribe', `parley:test:s:${stream}`) === 1);
  });

  test('remains subscribed to a stream that is needed again before it unsubscribes', async () => {
    broker.subscribe(stream);
    await until(() => heard.listening.mock.calls.length === 1);
    broker.unsubscribe(stream);
    broker.subscribe(stream);
    vi.advanceTimersByTime(3_000);
    broker.subscribe(other);
    await until(() => heard.listening.mock.calls.length === 2);
    expect(server.received('unsubscribe', `parley:test:s:${stream}`)).toBe(0);
    // Of two changes at once, none is left out.
    broker.unsubscribe(stream);
    broker.subscribe(third);
    await until(() => server.received('unsubscribe', `parley:test:s:${stream}`) === 1);
  });

  test('subscribes again to a stream that is needed again while it unsubscribes', async () => {
    broker.subscribe(stream);
    await until(() => heard.listening.mock.calls.length === 1);
    server.hold('unsubscribe');
    broker.unsubscribe(stream);
    vi.advanceTimersByTime(3_000);
    await until(() => server.received('unsubscribe', `parley:test:s:${stream}`) === 1);
    broker.subscribe(stream);
    server.release();
    await until(() => server.received('subscribe', `parley:test:s:${stream}`) === 2);
  });

  test('a subscription that a lost connection had confirmed is requested again', async () => {
    broker.subscribe(stream);
    await until(() => heard.listening.mock.calls.length === 1);
    server.drop();
    await until(() => server.received('subscribe', `parley:test:s:${stream}`) === 2);
    await until(() => heard.listening.mock.calls.length === 2);
  });

  test('a subscription of which the connection was lost before its answer is requested again', async () => {
    server.hold('subscribe');
    broker.subscribe(stream);
    await until(() => server.received('subscribe', `parley:test:s:${stream}`) === 1);
    server.drop();
    server.release();
    await until(() => heard.listening.mock.calls.length === 1);
    expect(server.received('subscribe', `parley:test:s:${stream}`)).toBe(2);
  });
});

/** Moves the clock of the test on until the condition holds. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(
    async () => {
      if (await condition()) return;
      vi.advanceTimersByTime(100);
      throw new Error('The condition does not hold yet');
    },
    { timeout: 20_000, interval: 5 },
  );
}

/** The part of Redis that a broker uses (RESP2), with answers that can be held back. */
class SlowRedis {
  readonly #commands: string[][] = [];
  readonly #channels = new Map<Socket, Set<string>>();
  #held: string | null = null;
  #waiting: (() => void)[] = [];
  readonly #server = createServer((socket) => this.#serve(socket));

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.drop();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Holds back the answers to a command, or to heartbeats, until {@link release}. */
  hold(command: string): void {
    this.#held = command;
  }

  release(): void {
    this.#held = null;
    for (const answer of this.#waiting.splice(0)) answer();
  }

  releaseOldest(): void {
    this.#waiting.shift()?.();
  }

  /** Ends all connections. */
  drop(): void {
    for (const socket of this.#channels.keys()) socket.destroy();
  }

  /** Returns how often a command with this argument was received. */
  received(command: string, argument: string): number {
    return this.#commands.filter(([name, ...rest]) => name === command && rest.includes(argument))
      .length;
  }

  #serve(socket: Socket): void {
    this.#channels.set(socket, new Set());
    socket.on('close', () => this.#channels.delete(socket));
    socket.on('error', () => undefined);
    let text = '';
    socket.setEncoding('latin1').on('data', (data: string) => {
      text += data;
      for (let parsed = commandIn(text); parsed; parsed = commandIn(text)) {
        const [name = '', ...rest] = parsed.words;
        text = text.slice(parsed.length);
        this.#run(socket, name.toLowerCase(), rest);
      }
    });
  }

  #run(socket: Socket, name: string, rest: string[]): void {
    // Their own heartbeats keep brokers connected.
    const isHeartbeat = name === 'publish' && rest[0]?.startsWith('parley:test:node:');
    if (!isHeartbeat) this.#commands.push([name, ...rest]);
    const answer = () => this.#answer(socket, name, rest);
    if (this.#held === (isHeartbeat ? 'heartbeat' : name)) this.#waiting.push(answer);
    else answer();
  }

  #answer(socket: Socket, name: string, [channel = '', message = '', ...more]: string[]): void {
    if (name === 'info') socket.write(bulk('redis_version:7.0.0'));
    else if (name === 'publish') {
      for (const [other, channels] of this.#channels) {
        if (channels.has(channel))
          other.write(`*3\r\n${[`message`, channel, message].map(bulk).join('')}`);
      }
      socket.write(':1\r\n');
    } else if (name === 'subscribe' || name === 'unsubscribe') {
      const channels = this.#channels.get(socket) ?? new Set();
      for (const each of [channel, ...(message === '' ? [] : [message]), ...more]) {
        if (name === 'subscribe') channels.add(each);
        else channels.delete(each);
        socket.write(`*3\r\n${bulk(name)}${bulk(each)}:${channels.size}\r\n`);
      }
    } else socket.write('+OK\r\n');
  }
}

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** Returns the first command of a text, and its length; null if it is incomplete. */
function commandIn(text: string): { words: string[]; length: number } | null {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return null;
  let at = head[0].length;
  const words: string[] = [];
  for (let n = 0; n < Number(head[1]); n++) {
    const end = text.indexOf('\r\n', at);
    if (end === -1) return null;
    const length = Number(text.slice(at + 1, end));
    if (text.length < end + 4 + length) return null;
    words.push(text.slice(end + 2, end + 2 + length));
    at = end + 4 + length;
  }
  return { words, length: at };
}
