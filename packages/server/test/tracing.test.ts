import { createServer } from 'node:http';
import { streamOfConversation } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRedis, startRedis, whyNoRedis } from '../../../chaos/src/processes/redis.ts';
import { startTestCluster, type TestCluster } from './support/database.ts';
import { prepareTestNodes } from './support/nodes.ts';

import { registerAt } from './support/server.ts';
import { until } from './support/sink.ts';
import { aClientId } from './support/stream-builders.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: {
    key: string;
    value: { stringValue?: string; intValue?: string | number };
  }[];
}

/** An OpenTelemetry collector: receives spans over HTTP (OTLP, JSON). */
async function aCollector() {
  const spans: Span[] = [];
  let bodies = '';
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    bodies += body;
    const { resourceSpans } = JSON.parse(body) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
    };
    for (const { scopeSpans } of resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans);
    response.setHeader('content-type', 'application/json').end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    spans,
    said: () => bodies,
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

const without = whyNoRedis();

describe.skipIf(without !== null)(`traces${without ? ` (skipped: ${without})` : ''}`, () => {
  let cluster: TestCluster;
  let redis: LocalRedis;

  beforeAll(async () => {
    cluster = await startTestCluster();
    redis = await startRedis();
  });
  afterAll(async () => {
    await redis.stop();
    await cluster.stop();
  });

  test('follow a message from its frame to the sockets of both nodes, without its text', async () => {
    const collector = await aCollector();
    const nodes = await prepareTestNodes(cluster, redis.url);
    try {
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
      const [one, two] = [await nodes.node(env), await nodes.node(env)];
      await nodes.connected(one, two);
      const alice = await registerAt(one.address, 'alice');
      const bob = await registerAt(two.address, 'bob');
      const conversation = await alice.group('traced', [bob]);
      const [a, b] = [nodes.peer(one), nodes.peer(two)];
      await a.hello(alice.accessToken);
      await b.hello(bob.accessToken);
      const post = async () => {
        const id = aClientId();
        a.send({ op: 'post', id, conversation, body: 'a very secret text' });
        const { seq } = await a.next('ack', (ack) => ack.id === id);
        for (const peer of [a, b]) {
          await peer.next(
            'event',
            (e) => e.stream === streamOfConversation(conversation) && e.seq === seq,
          );
        }
        return id;
      };
      // A node that has just subscribed may find the first message in the database: no hint, no span.
      for (let n = 0; n < 5; n++) await post();
      const id = await post();
      // A frame on the socket contains nothing of a trace.
      expect(JSON.stringify(b.of('event'))).not.toContain('trace');
      await nodes.stop();

      const command = collector.spans.find((s) =>
        s.attributes.some((x) => x.key === 'parley.client_id' && x.value.stringValue === id),
      );
      expect(command).toBeDefined();
      const ours = collector.spans.filter((s) => s.traceId === command?.traceId);
      expect(ours.map((s) => s.name).sort()).toEqual([
        'command',
        'commit',
        'fan-out',
        'fan-out',
        'transaction',
        'wait',
      ]);
      for (const span of ours) {
        if (span !== command) expect(span.parentSpanId).toBe(command?.spanId);
        expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
      }
      const sources = ours
        .filter((s) => s.name === 'fan-out')
        .map((s) => s.attributes.find((x) => x.key === 'parley.source')?.value.stringValue);
      expect(sources.sort()).toEqual(['broker', 'here']);
      expect(collector.said()).not.toContain('a very secret text');
    } finally {
      await nodes.stop();
      await collector.close();
    }
  });

  test('that cannot be sent delay no one', async () => {
    const nodes = await prepareTestNodes(cluster, redis.url);
    try {
      const node = await nodes.node({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
      const alice = await registerAt(node.address, 'alice');
      const conversation = await alice.group('untraced');
      expect(await alice.post(conversation, 'hello')).toBeGreaterThan(0);
      const startedAt = performance.now();
      await nodes.stop();
      await until(() => performance.now() - startedAt < 10_000, 'the end');
    } finally {
      await nodes.stop();
    }
  });
});
