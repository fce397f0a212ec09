import { get } from 'node:http';
import { CLOSE, type ConversationId, LIVE_PATH, type Seq } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from '../../test/support/database.ts';
import { closeOf, frameOf, OPCODE, RawSocket, textOf } from '../../test/support/raw-socket.ts';
import { startTestServer, type TestServer, type User } from '../../test/support/server.ts';
import { until } from '../../test/support/sink.ts';
import { aClientId, upTo } from '../../test/support/stream-builders.ts';

let cluster: TestCluster;
let server: TestServer;
let alice: User;
let conversation: ConversationId;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster, {}, { frames: 300, commandWindowMs: 1_000 });
  alice = await server.register('alice');
  conversation = await alice.group('here');
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

const post = (body: string, id = aClientId()) => ({ op: 'post', id, conversation, body });

async function openSocket(): Promise<RawSocket> {
  const raw = await RawSocket.open(server.url);
  await raw.hello(alice.accessToken);
  return raw;
}

test('an upgrade with several Host headers is rejected', async () => {
  const hosts = ['Host', '127.0.0.1', 'Host', 'other.example'];
  const headers = [...hosts, 'Connection', 'Upgrade', 'Upgrade', 'websocket'];
  const status = await new Promise((resolve, reject) => {
    get(new URL(LIVE_PATH, server.url), { headers }, (answer) => resolve(answer.statusCode)).on(
      'error',
      reject,
    );
  });
  expect(status).toBe(400);
});

describe('frames in', () => {
  /** Sockets that were closed for flooding. */
  const flooded: RawSocket[] = [];

  test('answers one of two hellos that are sent together', async () => {
    const raw = await RawSocket.open(server.url);
    const hello = textOf({ op: 'hello', token: alice.accessToken });
    raw.send(hello, hello);
    await until(() => raw.texts.some((t) => t.op === 'live'), 'live');
    const id = aClientId();
    raw.send(textOf(post('once', id)));
    await until(() => raw.texts.some((t) => t.op === 'event' && t.client === id), 'the event');
    raw.send(textOf({ op: 'ping' }));
    await until(() => raw.texts.some((t) => t.op === 'pong'), 'the pong');
    expect(raw.texts.filter((t) => t.op === 'ready')).toHaveLength(1);
    expect(raw.texts.filter((t) => t.op === 'event' && t.client === id)).toHaveLength(1);
    raw.socket.destroy();
  });

  test('answers pings, and all frames of a client that is slightly over budget, in order', async () => {
    const raw = await openSocket();
    raw.send(frameOf(OPCODE.ping, Buffer.from('hi')));
    await until(() => raw.frames.some((f) => f.opcode === OPCODE.pong), 'the pong');
    expect(raw.frames.find((f) => f.opcode === OPCODE.pong)?.payload.toString()).toBe('hi');

    const ids = upTo(450).map((n) => `x${n}`);
    const startedAt = performance.now();
    raw.send(...ids.map((id) => textOf({ op: 'nothing', id })));
    const answered = () => raw.texts.filter((t) => t.op === 'nack').map((t) => t.id);
    await until(() => answered().length === 450, 'all answers');
    expect(answered()).toEqual(ids);
    // It had to wait: 150 frames over a budget of 300 per second.
    expect(performance.now() - startedAt).toBeGreaterThan(300);
    expect(raw.closeCode).toBeNull();
    raw.socket.destroy();
  });

  test.each([
    ['pings', () => frameOf(OPCODE.ping, Buffer.alloc(0))],
    ['pongs', () => frameOf(OPCODE.pong, Buffer.alloc(0))],
    ['garbage', () => textOf('{')],
    ['bytes', () => frameOf(2, Buffer.alloc(1))],
    ['long frames', () => textOf(`{"op":"ping","x":"${'x'.repeat(60_000)}"}`)],
    ['hellos', () => textOf({ op: 'hello', token: 'x' })],
  ])('closes a socket that keeps sending %s over budget, with 4009', async (_name, frame) => {
    const raw = await openSocket();
    const one = frame();
    const many = Buffer.concat(upTo(Math.max(5, Math.floor(16_000 / one.length))).map(() => one));
    const sending = setInterval(() => raw.socket.writable && raw.socket.write(many), 5);
    try {
      await until(() => raw.closeCode !== null, 'the close');
    } finally {
      clearInterval(sending);
    }
    expect(raw.closeCode).toBe(CLOSE.tooManyFrames);
    expect(raw.texts.at(-1)).toMatchObject({ op: 'goodbye', reason: 'too_many_frames' });
    expect(raw.frames.at(-1)?.opcode).toBe(OPCODE.close);
    flooded.push(raw);
  });

  test('ends the connections of flooding sockets', async () => {
    expect(flooded).not.toEqual([]);
    await until(() => flooded.every((raw) => raw.ended), 'the ends');
  });
});

describe('the close frame', () => {
  test.each([
    ['the peer closes', () => closeOf(1000), 1000],
    ['a frame is too long', () => textOf('x'.repeat(70_000)), CLOSE.frameTooLarge],
    ['text is not UTF-8', () => frameOf(OPCODE.text, Buffer.from([0xff, 0xfe])), 1007],
    ['an opcode is unknown', () => frameOf(5, Buffer.alloc(0)), 1002],
  ])('is the last frame when %s while commands are executed', async (_name, last, code) => {
    for (let n = 0; n < 5; n++) {
      const raw = await openSocket();
      const posts = upTo(30).map((i) => textOf(post(`${i}`)));
      raw.send(textOf({ op: 'ping' }), ...posts, last());
      await until(() => raw.ended, 'the end');
      expect(raw.closeCode).toBe(code);
      expect(raw.frames.at(-1)?.opcode).toBe(OPCODE.close);
      // Earlier answers are still sent.
      expect(raw.texts.filter((t) => t.op === 'pong')).toHaveLength(1);
    }
  });

  test('the close frame is the last frame even on a congested socket', async () => {
    const raw = await openSocket();
    const before = raw.frames.length;
    raw.socket.pause();
    const body = 'x'.repeat(15_000);
    for (let sent = 0; server.figures().congested === 0 && sent < 2_000; sent += 20) {
      // Over REST, because a socket would exceed its budget.
      await Promise.all(upTo(20).map(() => alice.post(conversation, body)));
    }
    expect(server.figures().congested).toBe(1);
    raw.send(...upTo(20).map(() => textOf(post('late'))), frameOf(OPCODE.ping, Buffer.alloc(0)));
    raw.send(closeOf(1000));
    // Nothing is read from a congested socket until its client reads.
    raw.socket.resume();
    await until(() => raw.ended, 'the end');
    expect(raw.frames.length).toBeGreaterThan(before);
    expect(raw.closeCode).toBe(1000);
    expect(raw.frames.at(-1)?.opcode).toBe(OPCODE.close);
  });
});

describe('an unread socket', () => {
  test('a socket that is not read from receives neither pong nor nack', async () => {
    const raw = await openSocket();
    raw.socket.pause();
    const rss = process.memoryUsage().rss;
    const ping = Buffer.concat(upTo(500).map(() => frameOf(OPCODE.ping, Buffer.alloc(100))));
    const sending = setInterval(() => raw.socket.writable && raw.socket.write(ping), 1);
    await until(() => server.figures().sockets === 0, 'the server to close it');
    clearInterval(sending);
    expect(server.figures().buffered).toBe(0);
    expect(process.memoryUsage().rss - rss).toBeLessThan(100 * 1024 * 1024);
    raw.socket.destroy();
  });
});

describe('a command', () => {
  test('a command with an unknown outcome closes the socket, and is answered when it is retried', async () => {
    // The database connection is terminated during the commit, each time.
    await server.pool.query(`
      create function die() returns trigger language plpgsql as $$
      begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
      create constraint trigger die after insert on messages deferrable initially deferred
        for each row when (new.body = 'doomed') execute function die()`);
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    const doomed = post('doomed');
    peer.send(doomed);
    const later = post('later');
    peer.send(later);
    expect(await peer.whenClosed()).toBe(CLOSE.restart);
    expect(peer.of('goodbye')).toMatchObject([{ reason: 'restart' }]);
    expect(peer.of('nack')).toEqual([]);
    expect(peer.of('ack')).toEqual([]);

    await server.pool.query('drop trigger die on messages');
    const again = server.peer();
    await again.hello(alice.accessToken);
    for (const command of [doomed, later]) again.send(command);
    const [first, second] = [await again.next('ack'), await again.next('ack')];
    expect([first.id, second.id]).toEqual([doomed.id, later.id]);
    expect(second.seq).toBe(first.seq + 1);
  });

  test('a command that is sent over REST and a socket at once is executed once', async () => {
    const peer = server.peer();
    await peer.hello(alice.accessToken);
    for (let n = 0; n < 10; n++) {
      const target = await alice.post(conversation, `target ${n}`);
      const id = aClientId();
      peer.send(post(`other ${n}`, id));
      const path = `/conversations/${conversation}/messages/${target as Seq}`;
      const headers = { 'idempotency-key': id };
      const deleted = await alice.request('DELETE', path, undefined, headers);
      await peer.until(
        () => [...peer.of('ack'), ...peer.of('nack')].some((f) => f.id === id),
        'the answer',
      );
      const posted = peer.of('ack').some((f) => f.id === id);
      const message = (await alice.request('GET', path)).body;
      expect(deleted.status).toBe(posted ? 422 : 200);
      expect(deleted.body.code).toBe(posted ? 'client_id_reused' : undefined);
      expect(message.deletedAt === null).toBe(posted);
      if (!posted) {
        expect(peer.of('nack').find((f) => f.id === id)?.code).toBe('client_id_reused');
      }
    }
  });
});
