import {
  type ConversationId,
  type Seq,
  type ServerFrame,
  streamOfConversation,
} from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRedis, startRedis, whyNoRedis } from '../../../chaos/src/processes/redis.ts';
import { type Fate, RedisProxy } from '../../../chaos/src/processes/redis-proxy.ts';
import { startTestCluster, type TestCluster } from './support/database.ts';
import { prepareTestNodes } from './support/nodes.ts';
import type { Peer } from './support/peer.ts';
import { registerAt, type User } from './support/server.ts';
import { until } from './support/sink.ts';
import { aClientId, upTo } from './support/stream-builders.ts';

/** Every event is delivered at most this long after it was acknowledged, ms. */
const LATE_MAX = 2_000;
/** Tolerance for a shared machine: a stall of the test itself is not latency of the server. */
const SLACK = 400;

const without = whyNoRedis();

describe.skipIf(without !== null)(`two nodes${without ? ` (skipped: ${without})` : ''}`, () => {
  let cluster: TestCluster;
  let redis: LocalRedis;
  const undo: (() => Promise<unknown> | unknown)[] = [];

  beforeAll(async () => {
    cluster = await startTestCluster();
    redis = await startRedis();
  });
  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });
  afterAll(async () => {
    await redis.stop();
    await cluster.stop();
  });

  /** Starts two nodes, a group of three users, and two live sockets on each node. */
  async function startTwoNodes(redisUrl: string, { waitForBroker = true } = {}) {
    const nodes = await prepareTestNodes(cluster, redisUrl);
    undo.push(() => nodes.stop());
    const one = await nodes.node();
    const two = await nodes.node();
    if (waitForBroker) await nodes.connected(one, two);
    const alice = await registerAt(one.address, 'alice');
    const bob = await registerAt(two.address, 'bob');
    const carol = await registerAt(one.address, 'carol');
    const conversation = await alice.group('both nodes', [bob, carol]);
    const sockets = await Promise.all([
      subscription(nodes.peer(one), alice, conversation),
      subscription(nodes.peer(one), bob, conversation),
      subscription(nodes.peer(two), bob, conversation),
      subscription(nodes.peer(two), carol, conversation),
    ]);
    return { nodes, one, two, alice, bob, carol, conversation, sockets };
  }
  type TwoNodes = Awaited<ReturnType<typeof startTwoNodes>>;

  interface Socket {
    peer: Peer;
    /** Seqs in the order of arrival, with the time, ms. */
    readonly arrivals: { seq: Seq; at: number }[];
  }

  async function subscription(peer: Peer, user: User, id: ConversationId): Promise<Socket> {
    const arrivals: Socket['arrivals'] = [];
    peer.ws.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as ServerFrame;
      if (frame.op === 'event' && frame.stream === streamOfConversation(id)) {
        arrivals.push({ seq: frame.seq, at: performance.now() });
      }
    });
    await peer.hello(user.accessToken);
    return { peer, arrivals };
  }

  /**
   * Posts through both nodes in turn, then checks what every socket received: each seq once, in order,
   * none later than allowed after its ack.
   */
  async function postAndCheck(setup: TwoNodes, posts: number, meanwhile?: () => Promise<void>) {
    const { conversation, sockets } = setup;
    const base = Math.max(...sockets.map((s) => s.arrivals.at(-1)?.seq ?? 0));
    const from = sockets.map((s) => s.arrivals.length);
    const acked = new Map<Seq, number>();
    let disturbance: Promise<void> = Promise.resolve();
    const say = async (socket: Socket, n: number) => {
      const id = aClientId();
      socket.peer.send({ op: 'post', id, conversation, body: `message ${n}` });
      const ack = await socket.peer.next('ack', (a) => a.id === id);
      acked.set(ack.seq, performance.now());
    };
    for (let n = 0; n < posts; n += 2) {
      if (n >= posts / 3 && meanwhile) {
        disturbance = meanwhile();
        meanwhile = undefined;
      }
      await Promise.all([say(sockets[0] as Socket, n), say(sockets[2] as Socket, n + 1)]);
    }
    await disturbance;
    const expected = [...acked.keys()].sort((a, b) => a - b);
    if (base > 0) expect(expected).toEqual(upTo(posts).map((n) => n + base));
    await until(
      () => sockets.every((s, i) => s.arrivals.length - (from[i] ?? 0) >= posts),
      'all sockets to have all',
    );
    let latest = 0;
    for (const [i, socket] of sockets.entries()) {
      const got = socket.arrivals.slice(from[i]);
      expect(got.map((a) => a.seq)).toEqual(expected);
      for (const { seq, at } of got) latest = Math.max(latest, at - (acked.get(seq) as number));
    }
    expect(latest).toBeLessThan(LATE_MAX + SLACK);
    return latest;
  }

  test('with Redis a message reaches the other node immediately', async () => {
    const setup = await startTwoNodes(redis.url);
    await postAndCheck(setup, 60);
    // A second time, with all channels subscribed: far faster than the comparison of heads.
    expect(await postAndCheck(setup, 60)).toBeLessThan(700);
  });

  test('without Redis from the start, all events arrive within two seconds, and the node reports it', async () => {
    const setup = await startTwoNodes('redis://127.0.0.1:1', { waitForBroker: false });
    await postAndCheck(setup, 20);
    expect(await setup.nodes.brokerOf(setup.one)).toBe('disconnected');
    const ready = await fetch(new URL('/health/ready', setup.one.address));
    expect(ready.status).toBe(200);
  });

  test('Redis is killed and restarted empty under load: nothing is lost, duplicated or reordered', async () => {
    const setup = await startTwoNodes(redis.url);
    await postAndCheck(setup, 60, () => redis.kill());
    await until(
      async () => (await setup.nodes.brokerOf(setup.one)) === 'disconnected',
      'the node to notice',
    );
    await postAndCheck(setup, 20);
    await redis.start();
    await setup.nodes.connected(setup.one, setup.two);
    expect(await postAndCheck(setup, 40)).toBeLessThan(LATE_MAX);
  });

  test('a frozen Redis is noticed, and used again when it resumes', async () => {
    const setup = await startTwoNodes(redis.url);
    await postAndCheck(setup, 60, async () => redis.freeze());
    await until(
      async () => (await setup.nodes.brokerOf(setup.two)) === 'disconnected',
      'the node to notice',
    );
    await postAndCheck(setup, 20);
    redis.thaw();
    await setup.nodes.connected(setup.one, setup.two);
    await postAndCheck(setup, 20);
  });

  test('Redis disconnects its subscribers, as it does with slow ones: nothing is lost (B18)', async () => {
    const setup = await startTwoNodes(redis.url);
    await postAndCheck(setup, 60, () => redis.cutListeners());
    await setup.nodes.connected(setup.one, setup.two);
    await postAndCheck(setup, 20);
  });

  test.each<[string, Fate[]]>([
    ['that loses every second message', ['lose', 'pass']],
    ['that loses all messages', ['lose']],
    ['that swaps, doubles and delays messages', ['swap', 'pass', 'double', 'late', 'pass']],
    [
      'that loses, swaps, doubles and delays messages',
      ['lose', 'swap', 'double', 'late', 'pass', 'swap', 'lose'],
    ],
  ])('Redis %s', async (_name, fates) => {
    const proxy = new RedisProxy(redis.port);
    const url = await proxy.listen();
    undo.push(() => proxy.close());
    const setup = await startTwoNodes(url);
    let n = 0;
    proxy.fate = (channel) =>
      channel.includes(':s:') ? (fates[n++ % fates.length] as Fate) : 'pass';
    await postAndCheck(setup, 40);
    expect(proxy.disturbed).toBeGreaterThan(5);
  });

  test('a node subscribes to the channel of a stream only while one of its sockets does', async () => {
    const setup = await startTwoNodes(redis.url);
    const channel = (c: string) => c.endsWith(`:s:${setup.conversation}`);
    await until(async () => (await redis.channels()).some(channel), 'the channel');
    for (const { peer } of setup.sockets) peer.close();
    await until(async () => !(await redis.channels()).some(channel), 'the channel to be left');
  });
});
