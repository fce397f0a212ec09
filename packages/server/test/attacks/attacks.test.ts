import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startChild } from '../support/child.ts';
import { startTestCluster, type TestCluster } from '../support/database.ts';
import { registerAt } from '../support/server.ts';
import { until } from '../support/sink.ts';
import type { Attack, Outcome } from './attacks.ts';
import { Innocent, percentile, startTarget, type Target } from './target.ts';

/**
 * One client attacks the availability of a server while an innocent client uses it. The suite runs
 * small attacks; ATTACKS=full runs them at the strength that brought an earlier version down, and
 * checks the echo time against its limit, which needs an otherwise idle machine.
 */

const FULL = process.env.ATTACKS === 'full';
const MIB = 1024 * 1024;
const P99_MS = FULL ? 300 : 6_000;
const RSS_MAX = 150 * MIB;
const TIMEOUT_MS = 180_000;

let cluster: TestCluster;
let target: Target;
let innocent: Innocent;
let attackerToken: string;
beforeAll(async () => {
  cluster = await startTestCluster();
  target = await startTarget(cluster, { PARLEY_TEST_LOG: 'info' });
  innocent = await Innocent.arrive(target);
  attackerToken = (await registerAt(target.url, 'attacker')).accessToken;
  // Created once for all attacks.
  for (const path of ['/', '/api/v1/openapi.json', '/docs/reference.js']) {
    await (await fetch(new URL(path, target.url))).arrayBuffer();
  }
  await innocent.warmUp();
});
afterAll(async () => {
  innocent.leave();
  await target.stop();
  await cluster.stop();
});

/** Carries out attacks in a process of their own. */
async function carryOut(attacks: Omit<Attack, 'port' | 'from' | 'token'>[]): Promise<Outcome[]> {
  const { port } = target;
  const all = attacks.map((a) => ({ ...a, port, from: '127.0.0.1', token: attackerToken }));
  const child = startChild('../attacks/attacker-child.ts', [JSON.stringify(all)]);
  const outcomes = JSON.parse(await child.line()) as Outcome[];
  await child.ended;
  return outcomes;
}

const strength = <T>(small: T, full: T): T => (FULL ? full : small);

/** The attacks with their strength: in the suite, and in full. */
const ATTACKS: [string, Omit<Attack, 'port' | 'from' | 'token'>][] = [
  [
    'pipelined GETs of a page that are aborted',
    {
      kind: 'pipelineAndAbort',
      path: '/',
      connections: strength(4, 25),
      requests: 300,
      seconds: strength(2, 8),
    },
  ],
  [
    'pipelined GETs of a large file that are aborted',
    {
      kind: 'pipelineAndAbort',
      path: '/docs/reference.js',
      connections: strength(4, 25),
      requests: 300,
      seconds: strength(2, 8),
    },
  ],
  [
    'pipelined GETs of the API’s description that are not read',
    {
      kind: 'pipelineUnread',
      path: '/api/v1/openapi.json',
      connections: 6,
      requests: 900,
      seconds: strength(3, 12),
    },
  ],
  [
    'few enough pipelined GETs to be served, not read',
    {
      kind: 'pipelineUnread',
      path: '/api/v1/openapi.json',
      connections: strength(20, 200),
      requests: 10,
      seconds: strength(3, 12),
    },
  ],
  [
    'GETs of the API’s description, 110 a second',
    {
      kind: 'steadyGets',
      path: '/api/v1/openapi.json',
      connections: 5,
      requests: 110,
      seconds: strength(3, 12),
    },
  ],
  [
    'readers that take nothing of a large file',
    {
      kind: 'slowReaders',
      path: '/docs/reference.js',
      connections: strength(100, 1_500),
      requests: 1,
      seconds: strength(3, 20),
    },
  ],
  [
    'upgrades from a foreign origin of 15 KB',
    {
      kind: 'foreignUpgrades',
      connections: strength(10, 50),
      requests: 15_000,
      seconds: strength(2, 5),
    },
  ],
  ['upgrades at 800 a second', { kind: 'upgrades', connections: 1, requests: 800, seconds: 5 }],
];

/** Attacks that are carried out in full only: smaller ones are tests of their own. */
const FULL_ATTACKS: typeof ATTACKS = [
  [
    'connections that are left idle',
    { kind: 'idleConnections', connections: 8_000, requests: 0, seconds: 12 },
  ],
  [
    'pings on 20 sockets that read nothing',
    { kind: 'pings', connections: 20, requests: 0, seconds: 12 },
  ],
  [
    'garbage on 20 sockets that read nothing',
    { kind: 'garbage', connections: 20, requests: 0, seconds: 12 },
  ],
];

describe('an attack by one client', () => {
  test.each(FULL ? [...ATTACKS, ...FULL_ATTACKS] : ATTACKS)(
    'does not keep other clients from being served: %s',
    { timeout: TIMEOUT_MS },
    async (name, a) => {
      const descriptors = target.descriptors();
      const cpuBefore = target.cpuSeconds();
      const startedAt = performance.now();
      const logged = target.child.stderr().length;
      let outcomes: Outcome[] = [];
      const refused: number[] = [];
      const running = carryOut([a]).then((came) => {
        outcomes = came;
      });
      const { echoes, unanswered, rssGrowth } = await innocent.beside(
        a.kind === 'upgrades' ? Promise.all([running, connecting(refused)]) : running,
      );
      const p99 = percentile(echoes, 99);
      const cpuShare =
        (target.cpuSeconds() - cpuBefore) / ((performance.now() - startedAt) / 1_000);
      const logBytes = target.child.stderr().length - logged;
      // The attacker has ended; the connections that it had open are closed long before the
      // time limits of responses would do it.
      const slack = 5;
      await until(() => target.descriptors() <= descriptors + slack, 'the descriptors', 10_000);
      if (FULL) {
        const figures = {
          p50: Math.round(percentile(echoes, 50)),
          p99: Math.round(p99),
          cpuShare: Math.round(cpuShare * 100) / 100,
          rssGrowthMiB: Math.round(rssGrowth / MIB),
          descriptorsLeft: target.descriptors() - descriptors,
          logBytes,
          ...outcomes[0],
        };
        console.log(name, JSON.stringify(figures));
      }
      expect(outcomes[0]?.connections).toBeGreaterThan(0);
      expect(unanswered).toBe(0);
      expect(refused).toEqual([]);
      expect(p99).toBeLessThan(P99_MS);
      expect(rssGrowth).toBeLessThan(RSS_MAX);
      // Long lines are truncated, and repeated lines are counted: see log-bounds.ts.
      expect(logBytes).toBeLessThan(200_000);
    },
  );

  /** Opens forty new sockets of the innocent client, spread over the attack. */
  async function connecting(refused: number[]): Promise<void> {
    for (let n = 0; n < 40; n++) {
      if (!(await innocent.canConnect())) refused.push(n);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});
