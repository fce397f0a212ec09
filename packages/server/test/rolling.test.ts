import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ParleyApi, ParleyClient } from '@parley/client';
import { nodeSocket } from '@parley/client/node';
import { type ConversationId, type Seq, streamOfConversation } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalRedis, startRedis, whyNoRedis } from '../../../chaos/src/processes/redis.ts';
import { Balancer } from './support/balancer.ts';
import { type Child, startCli } from './support/child.ts';
import { startTestCluster, type TestCluster, type TestDatabase } from './support/database.ts';
import { freePort } from './support/free-port.ts';
import { until } from './support/sink.ts';

/** The longest time that a client may be disconnected, ms. */
const AWAY_MAX = 5_000;
const USERS = 12;
const without = whyNoRedis();

describe.skipIf(without !== null)(`two nodes${without ? ` (skipped: ${without})` : ''}`, () => {
  let cluster: TestCluster;
  let database: TestDatabase;
  let redis: LocalRedis;
  const undo: (() => Promise<unknown> | unknown)[] = [];

  beforeAll(async () => {
    cluster = await startTestCluster();
    database = await cluster.fresh();
    redis = await startRedis();
  });
  afterAll(async () => {
    for (const step of undo.splice(0).reverse()) await step();
    await redis.stop();
    await cluster.stop();
  });

  /** A node in its own process that can be restarted at the same address. */
  async function aNode() {
    const port = await freePort();
    const dataDir = mkdtempSync(join(tmpdir(), 'parley-rolling-'));
    undo.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const start = async (): Promise<Child> => {
      const child = startCli(['start'], {
        PORT: String(port),
        PARLEY_DATA: dataDir,
        PARLEY_SECRET: 'the same secret for all nodes of a test',
        DATABASE_URL: database.url,
        REDIS_URL: redis.url,
        PUBLIC_URL: 'http://parley.example',
        RATE_LIMITS: 'off',
        LINK_PREVIEWS: 'off',
        LOG_LEVEL: 'warn',
      });
      undo.push(() => child.kill());
      await child.line();
      return child;
    };
    let child = await start();
    return {
      url: `http://127.0.0.1:${port}`,
      async restart(): Promise<number> {
        const startedAt = performance.now();
        child.process.kill('SIGTERM');
        expect(await child.ended).toBe(0);
        const took = performance.now() - startedAt;
        child = await start();
        return took;
      },
    };
  }

  /** An SDK client that records what arrives and how long it is disconnected. */
  async function aUser(url: string, n: number) {
    const api = new ParleyApi({ url });
    await api.register({
      username: `person-${n}`,
      displayName: `Person ${n}`,
      email: `person-${n}@example.org`,
      password: 'correct horse battery staple',
    });
    const client = new ParleyClient({ api, socket: nodeSocket, loadUsers: false });
    undo.push(() => client.stop());
    const seen: { stream: string; seq: Seq }[] = [];
    client.onEvent(({ stream, seq }) => seen.push({ stream, seq }));
    let leftAt: number | null = null;
    let longest = 0;
    let absences = 0;
    client.subscribe(() => {
      const now = performance.now();
      if (client.state === 'live') {
        if (leftAt !== null) longest = Math.max(longest, now - leftAt);
        leftAt = null;
      } else if (leftAt === null) {
        leftAt = now;
        absences++;
      }
    });
    await client.start();
    await client.whenLive();
    longest = 0;
    absences = 0;
    return {
      client,
      api,
      seen,
      away: () => ({ longest: leftAt === null ? longest : Number.POSITIVE_INFINITY, absences }),
    };
  }

  // Two nodes are started four times, which takes long on a busy machine.
  test('restart one after the other under load: nothing is lost, no client is disconnected for more than 5 s', {
    timeout: 180_000,
  }, async () => {
    const [one, two] = [await aNode(), await aNode()];
    const balancer = new Balancer([one.url, two.url]);
    const url = await balancer.listen();
    undo.push(() => balancer.close());
    await until(() => balancer.ready === 2, 'both nodes');
    const users = await Promise.all(Array.from({ length: USERS }, (_, n) => aUser(url, n)));
    const ids = users.slice(1).map((p) => p.client.me?.id as never);
    const first = users[0] as (typeof users)[0];
    const { id } = await first.api.createGroup({
      name: 'rolling',
      visibility: 'private',
      members: ids,
    });
    const group = id as ConversationId;
    const stream = streamOfConversation(group);
    await until(
      () => users.every((p) => p.client.snapshot.conversations.has(group)),
      'all users to be in the group',
    );

    let talking = true;
    const acked: Seq[] = [];
    const speeches = users.slice(0, 6).map(async ({ client }, n) => {
      for (let i = 0; talking; i++) {
        acked.push((await client.post(group, `${n}: ${i}`).settled).seq);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    });
    const enough = async (count: number) => {
      const goal = acked.length + count;
      await until(() => acked.length >= goal, 'more acks');
    };
    await enough(100);
    const took: number[] = [];
    for (const node of [one, two]) {
      took.push(await node.restart());
      await until(() => balancer.ready === 2, 'both nodes');
      await enough(100);
    }
    talking = false;
    await Promise.all(speeches);

    const last = Math.max(...acked) as Seq;
    await until(
      () => users.every((p) => (p.client.cursors.get(stream) ?? 0) >= last),
      'all clients to have every event',
    );
    expect(new Set(acked).size).toBe(acked.length);
    for (const { seen } of users) {
      const seqs = seen.filter((e) => e.stream === stream).map((e) => e.seq);
      const from = seqs[0] as Seq;
      expect(seqs).toEqual(seqs.map((_, i) => from + i));
      const got = new Set(seqs);
      expect(acked.filter((seq) => !got.has(seq))).toEqual([]);
    }
    const absences = users.map((p) => p.away());
    const longest = Math.max(...absences.map((a) => a.longest));
    // Every socket was on each restarted node at most once.
    expect(Math.min(...absences.map((a) => a.absences))).toBeGreaterThan(0);
    expect(longest).toBeLessThan(AWAY_MAX);
    for (const ms of took) expect(ms).toBeLessThan(15_000);
  });
});
