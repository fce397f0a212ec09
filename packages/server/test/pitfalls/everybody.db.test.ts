import { availableParallelism, loadavg } from 'node:os';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { Sessions } from '../../src/accounts/sessions.ts';
import { systemClock } from '../../src/clock.ts';
import { joinGroup } from '../../src/conversations/members.ts';
import type { Append } from '../../src/stream/append.ts';
import { about, aNode, aRealGroup, aUser } from '../support/domain-builders.ts';
import { until } from '../support/sink.ts';
import { TestNodes, Watched } from './test-nodes.ts';

const testNodes = new TestNodes();

const EVERYBODY = 1_000;
const GROUP = 50;
/** All are cut within this time, ms … */
const CUT_MS = 5_000;
/**
 * … and all are live again this long after the first cut, s. That is meant for two cores of our
 * own; where others have more work for them than they can do, it says nothing about us.
 */
const LIVE_S = (loadavg()[0] as number) > 2 * availableParallelism() ? 45 : 15;

/** People with sessions, made by the domains’ own functions, without a thousand hashed passwords. */
async function users(pool: pg.Pool, append: Append, count: number) {
  const sessions = new Sessions(pool, systemClock);
  return Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const name = `person${n}`;
      const account = await aUser(append, name);
      const session = await sessions.begin(
        { account, credentials: 0, passed: ['password'] },
        name,
        '127.0.0.1',
      );
      if (!session) throw new Error(`${name} has no session`);
      return { name, account, sessionToken: session.token };
    }),
  );
}

async function groupOf(append: Append, accounts: readonly AccountId[]): Promise<ConversationId> {
  const [owner, ...others] = accounts as readonly [AccountId, ...AccountId[]];
  const group = await aRealGroup(append, [owner]);
  await Promise.all(others.map((account) => joinGroup(append, about(account, group))));
  return group;
}

test('1,000 clients reconnect at once and are all live again within 15 s (B23)', {
  timeout: 240_000,
}, async () => {
  const database = await testNodes.cluster.fresh();
  // With its limits on: too many at once are told to come a little later, and nobody for good.
  const env = { RATE_LIMITS: 'on' };
  const server = await testNodes.child(database, { env });
  const { pool } = await database.open();
  const append = aNode(pool);
  const everybody = await users(pool, append, EVERYBODY);
  const group = await groupOf(
    append,
    everybody.map((p) => p.account),
  );

  const clients = everybody.map((who) => new Watched(server.url, who, undefined, Math.random));
  const ended: string[] = [];
  for (const [n, c] of clients.entries()) c.client.on('ended', () => ended.push(`${n}`));
  testNodes.finally(() => Promise.all(clients.map((c) => c.client.stop())));
  const live = (c: Watched) => c.client.state === 'live';
  // They come one after the other at first, as people do.
  for (let n = 0; n < EVERYBODY; n += GROUP) {
    const group = clients.slice(n, n + GROUP);
    await Promise.all(group.map((c, i) => c.client.start(everybody[n + i]?.account)));
    await until(() => group.every(live), 'the first connection', 60_000);
  }

  // Somebody talks all the while.
  const [writer] = clients as [Watched];
  const said: Promise<{ seq: Seq }>[] = [];
  let over = false;
  const talk = (async () => {
    while (!over) {
      said.push(writer.client.post(group, `number ${said.length}`).settled);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();

  /** Seconds from now until everybody has lost the connection and is live again. */
  const backAfter = async (what: string, work: () => Promise<unknown>) => {
    const before = clients.map((c) => c.client.counters.connects);
    const begun = performance.now();
    await work();
    const back = (c: Watched, n: number) =>
      live(c) && c.client.counters.connects > (before[n] as number);
    await until(() => clients.every(back), `everybody to be back, ${what}`, 60_000);
    const seconds = (performance.now() - begun) / 1000;
    console.info(`${EVERYBODY} clients live again, ${what}: ${seconds.toFixed(1)} s`);
    return seconds;
  };

  const spread = await backAfter('cut within 5 s', async () => {
    const begun = performance.now();
    for (const [n, c] of clients.entries()) {
      const wait = begun + (n * CUT_MS) / EVERYBODY - performance.now();
      if (wait > 4) await new Promise((resolve) => setTimeout(resolve, wait));
      c.drop();
    }
  });
  const atOnce = await backAfter('cut in one moment', async () => {
    for (const c of clients) c.drop();
  });
  const killed = await backAfter('server killed and started again', async () => {
    await server.child.kill();
    await testNodes.child(database, { env, port: server.port });
  });
  over = true;
  await talk;

  expect(spread).toBeLessThan(LIVE_S);
  expect(atOnce).toBeLessThan(LIVE_S);
  // The start of the server is in it, and for those who tried in vain meanwhile the longest pause.
  expect(killed).toBeLessThan(2 * LIVE_S);
  expect(ended).toEqual([]);
  const acks = await Promise.all(said);
  const expected = acks.map((a) => a.seq).sort((a, b) => a - b);
  const last = expected.at(-1) as Seq;
  await until(() => clients.every((c) => c.at(group) >= last), 'the last message', 20_000);
  // Nothing was lost on the way, and nothing came twice.
  for (const c of clients) {
    const seqs = c.seqs(group).filter((seq) => seq >= (expected[0] as Seq));
    expect(seqs).toEqual(expected);
    expect(c.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
  }
});
