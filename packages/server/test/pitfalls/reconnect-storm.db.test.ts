import { availableParallelism, loadavg } from 'node:os';
import type { AccountId, ConversationId, Seq } from '@parley/protocol';
import type pg from 'pg';
import { expect, test } from 'vitest';
import { Sessions } from '../../src/accounts/sessions/sessions.ts';
import { joinGroup } from '../../src/conversations/members.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import type { Append } from '../../src/stream/append.ts';
import { about, aRealGroup, aUser } from '../support/domain-builders.ts';
import { until } from '../support/sink.ts';
import { anAppend } from '../support/stream-builders.ts';
import { RecordingClient, TestBed } from './test-bed.ts';

const testBed = new TestBed();

const CLIENTS = 1_000;
const GROUP = 50;
/** All connections are cut within this time, ms … */
const CUT_MS = 5_000;
/**
 * … and all clients are live again this long after the first cut, s. The figure is for two cores
 * without other load; on an overloaded machine it proves nothing.
 */
const LIVE_S = (loadavg()[0] as number) > 2 * availableParallelism() ? 45 : 15;

/** Users with sessions, created by the domains’ own functions, without a thousand password hashes. */
async function registerUsers(pool: pg.Pool, append: Append, count: number) {
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
  const database = await testBed.cluster.fresh();
  // Limits are on: excess connections are told to retry a little later, and none is locked out.
  const env = { RATE_LIMITS: 'on' };
  const server = await testBed.child(database, { env });
  const { pool } = await database.open();
  const append = anAppend(pool);
  const users = await registerUsers(pool, append, CLIENTS);
  const group = await groupOf(
    append,
    users.map((p) => p.account),
  );

  const clients = users.map((who) => new RecordingClient(server.url, who, undefined, Math.random));
  const ended: string[] = [];
  for (const [n, c] of clients.entries()) c.client.on('ended', () => ended.push(`${n}`));
  testBed.finally(() => Promise.all(clients.map((c) => c.client.stop())));
  const live = (c: RecordingClient) => c.client.state === 'live';
  // They connect one after the other at first, as in normal use.
  for (let n = 0; n < CLIENTS; n += GROUP) {
    const group = clients.slice(n, n + GROUP);
    await Promise.all(group.map((c, i) => c.client.start(users[n + i]?.account)));
    await until(() => group.every(live), 'the first connection', 60_000);
  }

  // One client posts all the while.
  const [writer] = clients as [RecordingClient];
  const said: Promise<{ seq: Seq }>[] = [];
  let over = false;
  const posting = (async () => {
    while (!over) {
      said.push(writer.client.post(group, `number ${said.length}`).settled);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })();

  /** Seconds from now until every client has lost its connection and is live again. */
  const backAfter = async (what: string, work: () => Promise<unknown>) => {
    const before = clients.map((c) => c.client.counters.connects);
    const startedAt = performance.now();
    await work();
    const back = (c: RecordingClient, n: number) =>
      live(c) && c.client.counters.connects > (before[n] as number);
    await until(() => clients.every(back), `all clients to be live again, ${what}`, 60_000);
    const seconds = (performance.now() - startedAt) / 1000;
    console.info(`${CLIENTS} clients live again, ${what}: ${seconds.toFixed(1)} s`);
    return seconds;
  };

  const spread = await backAfter('cut within 5 s', async () => {
    const startedAt = performance.now();
    for (const [n, c] of clients.entries()) {
      const wait = startedAt + (n * CUT_MS) / CLIENTS - performance.now();
      if (wait > 4) await new Promise((resolve) => setTimeout(resolve, wait));
      c.drop();
    }
  });
  const atOnce = await backAfter('cut in one moment', async () => {
    for (const c of clients) c.drop();
  });
  const killed = await backAfter('server killed and started again', async () => {
    await server.child.kill();
    await testBed.child(database, { env, port: server.port });
  });
  over = true;
  await posting;

  expect(spread).toBeLessThan(LIVE_S);
  expect(atOnce).toBeLessThan(LIVE_S);
  // Includes the start of the server and, for clients whose attempts failed meanwhile, the longest pause.
  expect(killed).toBeLessThan(2 * LIVE_S);
  expect(ended).toEqual([]);
  const acks = await Promise.all(said);
  const expected = acks.map((a) => a.seq).sort((a, b) => a - b);
  const last = expected.at(-1) as Seq;
  await until(() => clients.every((c) => c.at(group) >= last), 'the last message', 20_000);
  // Nothing was lost or duplicated.
  for (const c of clients) {
    const seqs = c.seqs(group).filter((seq) => seq >= (expected[0] as Seq));
    expect(seqs).toEqual(expected);
    expect(c.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
  }
});
