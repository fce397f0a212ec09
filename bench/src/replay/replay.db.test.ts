import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  startTestCluster,
  type TestCluster,
} from '../../../packages/server/test/support/database.ts';
import { startTestServer, type TestServer } from '../../../packages/server/test/support/server.ts';
import { parseLog } from './parse.ts';
import { replay } from './replay.ts';

const fixture = (name: string) =>
  parseLog(readFileSync(new URL(`../../../fixtures/ubuntu-irc/${name}`, import.meta.url)));

let cluster: TestCluster;
let server: TestServer;
beforeAll(async () => {
  cluster = await startTestCluster();
  server = await startTestServer(cluster);
});
afterAll(async () => {
  await server?.stop();
  await cluster?.stop();
});

test('real chat logs reach all clients complete and in order, also one that is cut off five times', async () => {
  const logs = new Map([
    ['excerpt.txt', fixture('excerpt.txt')],
    ['odd-lines.txt', fixture('odd-lines.txt')],
  ]);
  const total = [...logs.values()].reduce((n, log) => n + log.lines.length, 0);
  const result = await replay(server.url, logs, () => undefined);
  expect(result.difference).toBeNull();
  expect(result.messages).toBe(total);
  expect(result.reconnects).toBeGreaterThanOrEqual(1);
});
