import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLOSE, type Seq } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Child, startCli } from './support/child.ts';
import { startTestCluster, type TestCluster, type TestDatabase } from './support/database.ts';
import { freePort } from './support/free-port.ts';
import { Peer } from './support/peer.ts';
import { registerAt } from './support/server.ts';
import { until } from './support/sink.ts';
import { aClientId } from './support/stream-builders.ts';

/** The life cycle of a node, as seen by whatever starts, watches and stops its process. */

let cluster: TestCluster;
let database: TestDatabase;
const undo: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  cluster = await startTestCluster();
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});
afterAll(() => cluster.stop());

/** A process that compiles its sources at start takes long on a busy machine. */
const START_MS = 45_000;

/** A TCP forwarder to the database that can be closed and opened. */
async function aForwarder(): Promise<{ port: number; open(): Promise<void>; close(): void }> {
  const { host, port } = database.address;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const upstream = connect(join(host, `.s.PGSQL.${port}`));
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
  });
  const listen = (at: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const tcp = await listen(0);
  close();
  undo.push(close);
  return { port: tcp, open: async () => void (await listen(tcp)), close };
}

/** Starts a node in its own process, listening on `port`. */
async function aProcess(databaseUrl: string, env: Record<string, string> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-life-'));
  undo.push(() => rmSync(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  const child: Child = startCli(['start'], {
    PORT: String(port),
    PARLEY_DATA: dataDir,
    DATABASE_URL: databaseUrl,
    RATE_LIMITS: 'off',
    LINK_PREVIEWS: 'off',
    LOG_LEVEL: 'info',
    ...env,
  });
  undo.push(() => child.kill());
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string) => {
    try {
      const answer = await fetch(new URL(path, url));
      return { status: answer.status, body: (await answer.json()) as { status: string } };
    } catch {
      return null;
    }
  };
  const ready = async () => (await ask('/health/ready'))?.body.status;
  return { child, url, ask, ready };
}

describe('a node', () => {
  test('may start before its database, reports it, and notices when the database stops and returns', async () => {
    database = await cluster.fresh();
    const forwarder = await aForwarder();
    const { child, url, ask, ready } = await aProcess(
      `postgres://${database.address.user}@127.0.0.1:${forwarder.port}/${database.address.database}`,
    );
    await until(async () => (await ready()) === 'starting', 'the server to listen', START_MS);
    expect(await ask('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await ask('/health/ready')).toMatchObject({ status: 503 });
    expect(await ask('/api/v1/conversations')).toMatchObject({
      status: 503,
      body: { code: 'unavailable', retryAfter: 2 },
    });
    const early = new Peer(url);
    await early.until(() => early.refused === 503, 'the refusal');
    await until(() => child.stderr().includes('waiting for the database'), 'the log line');

    await forwarder.open();
    await until(async () => (await ready()) === 'ok', 'the node to be ready');
    expect(await child.line()).toContain('Parley is ready at');
    forwarder.close();
    await until(async () => (await ready()) === 'failing', 'the node to notice');
    expect(await ask('/health/live')).toMatchObject({ status: 200 });
    await forwarder.open();
    await until(async () => (await ready()) === 'ok', 'the node to be ready again');
  });

  test('that is still waiting for its database ends on SIGTERM', async () => {
    database = await cluster.fresh();
    const forwarder = await aForwarder();
    const { child, ready } = await aProcess(`postgres://x@127.0.0.1:${forwarder.port}/x`);
    await until(async () => (await ready()) === 'starting', 'the server to listen', START_MS);
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
  });

  test('drains on SIGTERM under load: loses nothing acknowledged and exits with 0 within 15 s', async () => {
    database = await cluster.fresh();
    const { child, url, ready } = await aProcess(database.url);
    await child.line();
    const alice = await registerAt(url, 'alice');
    const conversation = await alice.group('load');
    const peers = Array.from({ length: 40 }, () => new Peer(url));
    undo.push(() => {
      for (const peer of peers) peer.close();
    });
    for (const peer of peers.slice(0, 20)) await peer.hello(alice.accessToken);
    const talking = peers.slice(0, 10).map(async (peer) => {
      while (peer.closed === null) {
        const id = aClientId();
        peer.send({ op: 'post', id, conversation, body: 'load' });
        await peer.until(
          () => peer.closed !== null || peer.of('ack').some((a) => a.id === id),
          'an answer or the end',
        );
      }
    });
    await until(() => (peers[0]?.of('ack').length ?? 0) >= 5, 'the first acks');
    const startedAt = performance.now();
    child.process.kill('SIGTERM');
    await until(async () => (await ready()) !== 'ok', 'the node not to be ready');
    const late = new Peer(url);
    await late.until(() => late.refused !== null || late.ws.readyState === 3, 'the refusal');
    expect([503, null]).toContain(late.refused);
    expect(await child.ended).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    await Promise.all(talking);
    for (const peer of peers.slice(0, 20)) {
      expect(await peer.whenClosed()).toBe(CLOSE.restart);
      expect(peer.of('goodbye')).toHaveLength(1);
    }
    const acked = peers.flatMap((peer) => peer.of('ack'));
    const { pool } = await database.open();
    const { rows } = await pool.query<{ seq: Seq; client_id: string }>(
      'select seq, client_id from events where stream_id = $1',
      [conversation],
    );
    const stored = new Map(rows.map((row) => [row.client_id, row.seq]));
    expect(acked.length).toBeGreaterThan(20);
    for (const { id, seq } of acked) expect(stored.get(id)).toBe(seq);
  });
});
