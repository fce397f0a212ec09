import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ServerState } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestCluster, type TestCluster } from './support/database.ts';
import { startTestServer, type TestServer, type User } from './support/server.ts';
import { until } from './support/sink.ts';
import { aClientId } from './support/stream-builders.ts';

const TOKEN = 'a-token-for-the-metrics-of-tests';
let cluster: TestCluster;
let server: TestServer;
let alice: User;

beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster, { METRICS_TOKEN: TOKEN });
  alice = await server.register('alice');
});
afterAll(async () => {
  await server.stop();
  await cluster.stop();
});

const ask = (token?: string) =>
  fetch(new URL('/metrics', server.url), {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

/** Returns the value of one series; 0 when it is missing. */
async function value(series: string): Promise<number> {
  const text = await (await ask(TOKEN)).text();
  const line = text.split('\n').find((l) => l.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}

const file = (path: string) =>
  readFileSync(fileURLToPath(new URL(`../../../docs/${path}`, import.meta.url)), 'utf8');

describe('metrics', () => {
  test('require the token', async () => {
    for (const token of [undefined, '', 'x', `${TOKEN}x`, alice.accessToken]) {
      expect((await ask(token)).status).toBe(401);
    }
    const answer = await ask(TOKEN);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('text/plain');
  });

  test('are not served without METRICS_TOKEN', async () => {
    const bare = await startTestServer(cluster);
    try {
      const answer = await fetch(new URL('/metrics', bare.url));
      expect(answer.headers.get('content-type')).not.toContain('version=0.0.4');
    } finally {
      await bare.stop();
    }
  });

  test('count messages, sockets and requests', async () => {
    const conversation = await alice.group('counted');
    const peer = server.peer();
    const resumes = await value('parley_resumes_total{result="new"}');
    await peer.hello(alice.accessToken);
    expect(await value('parley_connections{state="live"}')).toBe(1);
    expect(await value('parley_resumes_total{result="new"}')).toBe(resumes + 1);
    const before = await value('parley_deliveries_total');
    const id = aClientId();
    for (let n = 0; n < 2; n++) {
      peer.send({ op: 'post', id, conversation, body: 'x' });
      await peer.next('ack');
    }
    peer.send({ op: 'post', id: aClientId(), conversation: alice.id, body: 'x' });
    await peer.next('nack');
    const commands = (result: string) =>
      value(`parley_commands_total{kind="messages.post",result="${result}"}`);
    expect([
      await commands('stored'),
      await commands('repeated'),
      await commands('refused'),
    ]).toEqual([1, 1, 1]);
    expect((await value('parley_deliveries_total')) - before).toBe(1);
    expect(await value('parley_commit_seconds_count')).toBeGreaterThan(3);
    expect(await value('parley_broker_status{status="standalone"}')).toBe(1);
    peer.close();
    await until(async () => (await value('parley_connections{state="live"}')) === 0, 'its end');
  });

  test('are summed up for admins, and for no one else', async () => {
    const bob = await server.register('bob');
    const conversation = await alice.group('watched', [bob]);
    const peer = server.peer();
    await peer.hello(bob.accessToken);
    const read = async () =>
      ServerState.parse((await alice.request('GET', '/admin/server-state')).body);
    const before = await read();
    expect(before.nodes).toHaveLength(1);
    let last = 0;
    for (const text of ['one', 'two', 'three']) last = await alice.post(conversation, text);
    await peer.next('event', (e) => e.seq === last);
    const { nodes, database, disk, notifications } = await read();
    const [node] = nodes;
    expect(node?.sockets.open).toBe(1);
    expect(node?.accounts).toBe(1);
    expect((node?.messagesPerMinute ?? 0) - (before.nodes[0]?.messagesPerMinute ?? 0)).toBe(3);
    expect(node?.delivery?.median).toBeGreaterThan(0);
    expect(node?.commit?.p99).toBeGreaterThan(0);
    expect(database.kind).toBe('external');
    expect(database.sizeBytes).toBeGreaterThan(1_000_000);
    expect(disk.totalBytes).toBeGreaterThan(disk.freeBytes);
    expect(notifications?.channels).toHaveLength(2);
    expect((await bob.request('GET', '/admin/server-state')).status).toBe(403);
    peer.close();
  });

  test('include every name on the Grafana dashboard and in docs/metrics.md, and no other', async () => {
    const text = await (await ask(TOKEN)).text();
    const exported = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map((m) => m[1] as string));
    const known = (name: string) =>
      exported.has(name) || exported.has(name.replace(/_(bucket|count|sum)$/, ''));
    const names = (source: string) =>
      new Set([...source.matchAll(/\b(?:parley|nodejs|process)_[a-z0-9_]+\b/g)].map((m) => m[0]));
    const board = JSON.parse(file('grafana/parley.json')) as {
      panels: { targets?: { expr: string }[]; fieldConfig?: { defaults: { unit?: string } } }[];
    };
    const graphs = board.panels.filter((panel) => panel.targets);
    expect(graphs.filter((panel) => !panel.fieldConfig?.defaults.unit)).toEqual([]);
    const drawn = names(
      board.panels.flatMap((p) => p.targets?.map((t) => t.expr) ?? []).join('\n'),
    );
    expect(drawn.size).toBeGreaterThan(20);
    expect([...drawn].filter((name) => !known(name))).toEqual([]);
    const told = [...names(file('metrics.md'))].filter((name) => !/_$/.test(name));
    expect(told.filter((name) => !known(name))).toEqual([]);
    // Every metric of ours appears in both.
    const ours = [...exported].filter((name) => name.startsWith('parley_'));
    expect(ours.filter((name) => !told.includes(name))).toEqual([]);
    const bases = new Set([...drawn].map((name) => name.replace(/_(bucket|count|sum)$/, '')));
    expect(ours.filter((name) => !bases.has(name))).toEqual([]);
  });
});
