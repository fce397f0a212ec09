import { rmSync } from 'node:fs';
import type { Limits } from '@parley/protocol';
import { loadConfig } from '../../src/config/config.ts';
import { type Parley, startParley } from '../../src/main.ts';
import { type TestCluster, type TestDatabase, testLog } from './database.ts';
import { Peer } from './peer.ts';
import { lendSigningKey, SECRET } from './signing-key.ts';
import { until } from './sink.ts';
import { makeTempDir } from './temp-dir.ts';

/** Several nodes over one database, for one test. */
export interface TestNodes {
  /** Starts another node over the same database. */
  node(env?: Record<string, string>, limits?: Partial<Limits>): Promise<Parley>;
  /** Opens a socket to a node; it answers pings and is closed at the end. */
  peer(node: Parley): Peer;
  /** Waits until the broker of each of these nodes has joined. */
  connected(...nodes: readonly Parley[]): Promise<void>;
  /** Returns the broker status that the node reports. */
  brokerOf(node: Parley): Promise<string>;
  /** Stops the nodes, the latest first. */
  stop(): Promise<void>;
}

/** Prepares nodes over a fresh database of the cluster, with this REDIS_URL. */
export async function prepareTestNodes(cluster: TestCluster, redisUrl: string): Promise<TestNodes> {
  const database: TestDatabase = await cluster.fresh();
  const opened = await database.open({ pipelined: false });
  await lendSigningKey(opened.pool, SECRET);
  await opened.close();
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const brokerOf = async (node: Parley) => {
    const answer = await fetch(new URL('/health/ready', node.address));
    return ((await answer.json()) as { broker: string }).broker;
  };
  return {
    brokerOf,
    async node(env = {}, limits = {}) {
      const dataDir = makeTempDir('node');
      undo.push(() => rmSync(dataDir, { recursive: true, force: true }));
      const loaded = loadConfig({
        PORT: '0',
        PARLEY_DATA: dataDir,
        PARLEY_SECRET: SECRET,
        DATABASE_URL: database.url,
        REDIS_URL: redisUrl,
        PUBLIC_URL: 'http://parley.example',
        RATE_LIMITS: 'off',
        LINK_PREVIEWS: 'off',
        ...env,
      });
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
      const node = await startParley(loaded.config, testLog, { limits });
      undo.push(() => node.stop());
      return node;
    },
    peer(node) {
      const peer = new Peer(node.address);
      undo.push(() => peer.close());
      peer.ws.on('message', (data) => {
        if (data.toString().startsWith('{"op":"ping"')) peer.send({ op: 'pong' });
      });
      return peer;
    },
    connected: (...nodes) =>
      until(async () => {
        for (const node of nodes) if ((await brokerOf(node)) !== 'connected') return false;
        return true;
      }, 'the nodes to be connected'),
    async stop() {
      for (const step of undo.splice(0).reverse()) await step();
    },
  };
}
