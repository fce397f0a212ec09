import { CLOSE, type Seq, type ServerState } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRedis, startRedis, whyNoRedis } from '../../../chaos/src/processes/redis.ts';
import { bearer } from './support/credentials.ts';
import { startTestCluster, type TestCluster } from './support/database.ts';
import { prepareTestNodes, type TestNodes } from './support/nodes.ts';
import type { Peer } from './support/peer.ts';
import { call, registerAt, type User } from './support/server.ts';
import { until } from './support/sink.ts';
import { aClientId } from './support/stream-builders.ts';

/** Sockets of an ended session close within two seconds; the rest is tolerance for the test itself. */
const ENDED_MS = 2_400;
const without = whyNoRedis();

describe.skipIf(without !== null)(`two nodes${without ? ` (skipped: ${without})` : ''}`, () => {
  let cluster: TestCluster;
  let redis: LocalRedis;
  let nodes: TestNodes | null = null;

  beforeAll(async () => {
    cluster = await startTestCluster();
    redis = await startRedis();
  });
  afterEach(async () => {
    await nodes?.stop();
    nodes = null;
  });
  afterAll(async () => {
    await redis.stop();
    await cluster.stop();
  });

  async function twoNodes(url: string, settings: Parameters<TestNodes['node']> = []) {
    nodes = await prepareTestNodes(cluster, url);
    const [one, two] = [await nodes.node(...settings), await nodes.node(...settings)];
    if (url === redis.url) await nodes.connected(one, two);
    const alice = await registerAt(one.address, 'alice');
    const bob = await registerAt(two.address, 'bob');
    const conversation = await alice.group('both nodes', [bob]);
    return { nodes, one, two, alice, bob, conversation };
  }

  const seen = (peer: Peer, who: User) =>
    peer
      .of('presence')
      .flatMap((p) => p.changes)
      .filter((c) => c.account === who.id)
      .map((c) => c.state);

  test('an admin sees the states of both nodes at each of them', async () => {
    const { alice, one, two } = await twoNodes(redis.url);
    const read = async (url: string) => {
      const answer = await call(url, 'GET', '/admin/server-state', {
        headers: bearer(alice.accessToken),
      });
      return (answer.body as ServerState).nodes.map(({ node }) => node);
    };
    await until(async () => (await read(one.address)).length === 2, 'the other node to report');
    await until(async () => (await read(two.address)).length === 2, 'the other node to report');
    const [first, second] = await read(one.address);
    expect(await read(two.address)).toEqual([second, first]);
  });

  test('typing, receipts and read cursors reach the other node', async () => {
    const { nodes, one, two, alice, bob, conversation } = await twoNodes(redis.url);
    const [a, b, b2] = [nodes.peer(one), nodes.peer(two), nodes.peer(one)];
    await a.hello(alice.accessToken);
    await b.hello(bob.accessToken);
    await b2.hello(bob.accessToken);
    const seq = await alice.post(conversation, 'hello');
    await b.next('event', (e) => e.seq === seq);
    await until(async () => {
      b.send({ op: 'typing', conversation });
      await new Promise((resolve) => setTimeout(resolve, 50));
      return a.of('typing').length > 0;
    }, 'the typing');
    expect(a.of('typing')[0]).toMatchObject({ conversation, account: bob.id });

    b.send({ op: 'read', id: aClientId(), conversation, seq });
    expect(await a.next('receipt')).toMatchObject({ account: bob.id, readSeq: seq });
    expect((await b2.next('read')).cursor).toMatchObject({ conversation, readSeq: seq });
    expect(b.of('receipt')).toEqual([]);
  });

  test('presence combines all nodes', async () => {
    const { nodes, one, two, alice, bob } = await twoNodes(redis.url);
    const a = nodes.peer(one);
    await a.hello(alice.accessToken);
    const few = nodes.peer(one);
    await few.hello(alice.accessToken, { presence: [bob.id] });
    const b = nodes.peer(two);
    await b.hello(bob.accessToken);
    await a.until(() => seen(a, bob).includes('active'), 'bob to be there');
    await few.until(() => seen(few, bob).includes('active'), 'bob to be there');
    expect(seen(few, alice)).toEqual([]);
    // A client that connects later finds it in its ready frame.
    const late = nodes.peer(one);
    const ready = await late.hello(alice.accessToken);
    expect(ready.presence).toContainEqual({ account: bob.id, state: 'active' });
    b.send({ op: 'presence', state: 'idle' });
    await a.until(() => seen(a, bob).at(-1) === 'idle', 'bob to be idle');
    // Active on one node counts as active, whatever the other node reports.
    const b2 = nodes.peer(one);
    await b2.hello(bob.accessToken);
    await a.until(() => seen(a, bob).at(-1) === 'active', 'bob to be back');
    b2.close();
    b.close();
    await a.until(() => seen(a, bob).at(-1) === 'offline', 'bob to be gone');
  });

  test('a node that joins learns who is online elsewhere; users of a node that leaves go offline', async () => {
    const { nodes, one, two, alice, bob } = await twoNodes(redis.url);
    const b = nodes.peer(two);
    await b.hello(bob.accessToken);
    const three = await nodes.node();
    await nodes.connected(three);
    const learned = async (node: typeof one) => {
      let peer = nodes.peer(node);
      await until(async () => {
        peer = nodes.peer(node);
        const ready = await peer.hello(alice.accessToken);
        return ready.presence.some((p) => p.account === bob.id && p.state === 'active');
      }, 'bob to be known on the node');
      return peer;
    };
    await learned(three);
    const elsewhere = await learned(one);
    await two.stop();
    await elsewhere.until(() => seen(elsewhere, bob).at(-1) === 'offline', 'bob to be gone');
  });

  test.each([
    ['with Redis', true],
    ['without Redis', false],
  ])('the sockets of an ended session close on every node, %s', async (_name, withRedis) => {
    const { nodes, one, two, alice, bob } = await twoNodes(
      withRedis ? redis.url : 'redis://127.0.0.1:1',
    );
    const [here, there] = [nodes.peer(one), nodes.peer(two)];
    await here.hello(alice.accessToken);
    await there.hello(alice.accessToken);
    const other = nodes.peer(two);
    await other.hello(bob.accessToken);
    const answer = await alice.request('POST', '/auth/logout', undefined, {
      authorization: `Bearer ${alice.sessionToken}`,
    });
    expect(answer.status).toBeLessThan(300);
    expect(await here.whenClosed(ENDED_MS)).toBe(CLOSE.sessionEnded);
    expect(await there.whenClosed(ENDED_MS)).toBe(CLOSE.sessionEnded);
    expect(other.closed).toBeNull();
  });

  test('the commands of an account are counted across its sockets and nodes', async () => {
    // So many that the second node cannot admit them all before it has learned of the first one's,
    // and without the limit of each socket.
    const accountCommands = 1_000;
    const limits = { accountCommands, commandWindowMs: 60_000, commands: 0 };
    const { nodes, one, two, alice, bob, conversation } = await twoNodes(redis.url, [{}, limits]);
    const sockets = [nodes.peer(one), nodes.peer(two)] as const;
    for (const socket of sockets) await socket.hello(alice.accessToken);
    const say = (socket: Peer) => {
      const id = aClientId();
      socket.send({ op: 'post', id, conversation, body: 'x' });
      return id;
    };
    for (let n = 0; n < accountCommands; n++) say(sockets[0]);
    await sockets[0].until(() => sockets[0].of('ack').length === accountCommands, 'the acks');
    await until(async () => {
      const id = say(sockets[1]);
      await sockets[1].until(
        () => [...sockets[1].of('ack'), ...sockets[1].of('nack')].some((f) => f.id === id),
        'an answer',
      );
      return sockets[1].of('nack').some((n) => n.id === id);
    }, 'the refusal');
    const refusal = await sockets[1].next('nack');
    expect(refusal).toMatchObject({ code: 'rate_limited' });
    expect(refusal.retryAfter).toBeGreaterThan(30);
    expect(sockets[1].of('ack').length).toBeLessThan(accountCommands);
    // The limit applies to this account only.
    const other = nodes.peer(two);
    await other.hello(bob.accessToken);
    say(other);
    await other.next('ack');
  });

  test('without Redis each node counts on its own', async () => {
    const limits = { accountRequests: 5 };
    const { one, alice, bob } = await twoNodes('redis://127.0.0.1:1', [{}, limits]);
    let status = 200;
    let asked = 0;
    for (; status === 200 && asked < 20; asked++)
      status = (await alice.request('GET', '/conversations')).status;
    expect(status).toBe(429);
    expect(asked).toBeLessThanOrEqual(6);
    const answer = await fetch(new URL('/api/v1/conversations', one.address), {
      headers: { authorization: `Bearer ${alice.accessToken}` },
    });
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0 as Seq);
    expect((await bob.request('GET', '/conversations')).status).toBe(200);
  });
});
