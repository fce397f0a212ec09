import type { AccountId, Seq, StreamId } from '@parley/protocol';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRedis, startRedis, whyNoRedis } from '../../../../chaos/src/processes/redis.ts';
import { until } from '../../test/support/sink.ts';
import { testLog } from '../../test/support/test-log.ts';
import type { BrokerListener } from './broker.ts';
import { RedisBroker } from './broker-redis.ts';
import type { StoredEvent } from './record.ts';

const stream = '01890000-0000-7000-8000-000000000001' as StreamId;
const other = '01890000-0000-7000-8000-000000000002' as StreamId;

const event = (seq: number): StoredEvent => ({
  stream,
  seq: seq as Seq,
  type: 'message.posted',
  actor: '01890000-0000-7000-8000-00000000000a' as AccountId,
  client: null,
  at: '2026-01-01T00:00:00.000Z',
  data: `{"body":"text ${seq}"}`,
});

/** Records what a broker receives. */
class Heard implements BrokerListener {
  readonly seqs: number[] = [];
  readonly hints: number[] = [];
  readonly streams: StreamId[] = [];
  connections = 0;

  receive(of: StreamId, events: readonly StoredEvent[]): void {
    expect(of).toBe(stream);
    this.seqs.push(...events.map((e) => e.seq));
  }
  hint(_of: StreamId, seq: Seq): void {
    this.hints.push(seq);
  }
  listening(streams: readonly StreamId[]): void {
    this.streams.push(...streams);
  }
  connected(): void {
    this.connections++;
  }
}

describe.skipIf(whyNoRedis() !== null)('a broker with Redis', () => {
  let redis: LocalRedis;
  let admin: Redis;
  const running: RedisBroker[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
    admin.on('error', () => undefined);
  });
  afterEach(async () => {
    for (const broker of running.splice(0)) await broker.stop();
  });
  afterAll(async () => {
    admin?.disconnect();
    await redis?.stop();
  });

  /** Starts a broker and waits until it has joined. */
  async function connected(...streams: StreamId[]): Promise<{ broker: RedisBroker; heard: Heard }> {
    const broker = new RedisBroker(redis.url, 'test', testLog);
    running.push(broker);
    const heard = new Heard();
    for (const each of streams) broker.subscribe(each);
    broker.start(heard);
    await until(() => broker.status === 'connected', 'the broker to connect');
    return { broker, heard };
  }

  test('carries events, heads and node messages to other nodes, and only to those that subscribe', async () => {
    const [one, two] = [await connected(stream), await connected(stream)];
    const three = await connected(other);
    const notes: string[] = [];
    for (const [name, { broker }] of Object.entries({ one, two, three })) {
      broker.onNodeMessage('typing', (body, from, to) =>
        notes.push(`${name} ${body} ${from} ${to}`),
      );
    }
    expect(two.heard).toMatchObject({ connections: 1, streams: [stream] });
    one.broker.publish(stream, [event(1), event(2)]);
    one.broker.publish(stream, [{ ...event(3), data: `{"body":"${'x'.repeat(140_000)}"}` }]);
    one.broker.sendNodeMessage(stream, 'typing', 'here');
    one.broker.sendNodeMessage(null, 'typing', 'everywhere');
    one.broker.sendNodeMessage(null, 'unknown', 'without a handler');
    const from = one.broker.node;
    await until(() => notes.length === 3, 'the notes');
    expect(notes.sort()).toEqual([
      `three everywhere ${from} null`,
      `two everywhere ${from} null`,
      `two here ${from} ${stream}`,
    ]);
    await until(() => two.broker.counters.received === 5, 'all messages');
    expect(two.heard).toMatchObject({ seqs: [1, 2], hints: [3] });
    expect(three.heard).toMatchObject({ seqs: [], hints: [], streams: [other] });
    // A node does not receive its own messages, except the heartbeat, which measures the round trip.
    expect(one.heard).toMatchObject({ seqs: [], hints: [] });
    expect(one.broker.counters).toEqual({ sent: 5, received: 0, dropped: 0, connections: 1 });
    expect(one.broker.lagMs).toBeGreaterThanOrEqual(0);
    expect(one.broker.lagMs).toBeLessThan(2_000);
  });

  test('ignores malformed messages', async () => {
    const { broker, heard } = await connected(stream);
    for (const text of ['', 'short', 'a1b2c3d4e5f6', 'a1b2c3d4e5f6?x', 'a1b2c3d4e5f6e1\tx']) {
      await admin.publish(`parley:test:s:${stream}`, text);
      await admin.publish('parley:test:nodes', text);
    }
    // Events belong to a stream: on the channel of all nodes they are invalid.
    await admin.publish('parley:test:nodes', 'a1b2c3d4e5f6h7');
    await admin.publish(`parley:test:s:${stream}`, 'a1b2c3d4e5f6h9');
    await until(() => heard.hints.length > 0, 'what is well-formed');
    expect(heard.hints).toEqual([9]);
    expect(broker.status).toBe('connected');
  });

  test('subscribes to streams that are added, and unsubscribes from those that are removed', async () => {
    const { broker, heard } = await connected(stream);
    const channels = async () =>
      (await redis.channels()).filter((c) => c.startsWith('parley:test:s:')).sort();
    expect(await channels()).toEqual([`parley:test:s:${stream}`]);
    broker.subscribe(stream);
    broker.subscribe(other);
    await until(() => heard.streams.length === 2, 'the subscription');
    expect(await channels()).toEqual([`parley:test:s:${stream}`, `parley:test:s:${other}`]);
    broker.unsubscribe(stream);
    await until(async () => (await channels()).length === 1, 'the end of the first');
    expect(await channels()).toEqual([`parley:test:s:${other}`]);
    // Removed and added again at once: still subscribed, and not announced again.
    broker.unsubscribe(other);
    broker.subscribe(other);
    broker.subscribe(stream);
    await until(() => heard.streams.length === 3, 'the first again');
    expect(heard.streams).toEqual([stream, other, stream]);
  });

  test('sends the last messages before it stops', async () => {
    const [one, two] = [await connected(stream), await connected(stream)];
    one.broker.publish(stream, [event(1)]);
    await one.broker.stop();
    await until(() => two.heard.seqs.length === 1, 'the event');
    expect(one.broker.status).toBe('connected');
    // On a busy machine the last answer may arrive too late; the message then counts as dropped.
    const { dropped } = one.broker.counters;
    one.broker.publish(stream, [event(2)]);
    expect(one.broker.counters).toMatchObject({ sent: 1, dropped: dropped + 1 });
  });

  test('survives the loss of Redis, and reconnects', async () => {
    const { broker, heard } = await connected(stream);
    await redis.kill();
    await until(() => broker.status === 'disconnected', 'the loss to be noticed');
    expect(broker.lagMs).toBeNull();
    // The connection that publishes notices the loss by itself.
    await until(() => {
      broker.publish(stream, [event(1)]);
      return broker.counters.dropped > 0;
    }, 'a message to be dropped');
    await redis.start();
    await until(() => broker.status === 'connected', 'the broker to reconnect');
    expect(broker.counters.connections).toBe(2);
    expect(heard).toMatchObject({ connections: 2, streams: [stream, stream] });
    const { broker: late } = await connected();
    late.publish(stream, [event(1)]);
    await until(() => heard.seqs.length === 1, 'the event');
  });
});
