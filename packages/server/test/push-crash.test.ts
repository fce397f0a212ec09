import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConversationId, Seq } from '@parley/protocol';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Child, startServer } from './support/child.ts';
import { endPool, startTestCluster, type TestCluster } from './support/database.ts';
import { type PushServer, startPushServer } from './support/push-server.ts';
import { loginAt, registerAt, type User, userOf } from './support/server.ts';
import { until } from './support/sink.ts';
import { makeTempDir } from './support/temp-dir.ts';

/** Conversations, so that no notification replaces another. */
const CONVERSATIONS = 8;

/** A message whose notification the killed node was sending. */
interface InFlight {
  readonly group: ConversationId;
  readonly seq: Seq;
}

let cluster: TestCluster;
let push: PushServer;
let pool: pg.Pool;
let dir: string;
let start: (name: string, env?: Record<string, string>) => Child;
const inFlight: InFlight[] = [];

/**
 * One node is killed with SIGKILL while the push server has received, and not answered, all the notifications that it
 * has claimed. Then one of their messages is deleted and another one read. Each test begins with what the node left.
 */
beforeAll(async () => {
  push = await startPushServer();
  cluster = await startTestCluster();
  const { url: connectionString } = await cluster.fresh();
  pool = new pg.Pool({ connectionString });
  dir = makeTempDir('push-crash');
  start = (name, env = {}) =>
    startServer({
      DATABASE_URL: connectionString,
      PARLEY_DATA: join(dir, name),
      PARLEY_SECRET: 'the same secret for all nodes of the test',
      PORT: '0',
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      PUSH_NETWORKS: '127.0.0.1',
      ...env,
    });
  const node = start('killed');
  try {
    const url = await node.line();
    const ann = await registerAt(url, 'ann');
    const bob = await registerAt(url, 'bob');
    const { publicKey } = (await bob.request('GET', '/me/notifications/devices')).body;
    const added = await bob.request('POST', '/me/notifications/devices', {
      kind: 'web_push',
      ...push.browser(publicKey),
      name: 'Firefox',
    });
    expect(added.status).toBe(201);
    // All are due at one moment, so that they are claimed together.
    push.answer(...Array.from({ length: CONVERSATIONS }, () => ({ status: 503 })));
    for (let n = 0; n < CONVERSATIONS; n++) {
      const group = await ann.group(`group ${n}`, [bob]);
      inFlight.push({ group, seq: await ann.post(group, '@bob look') });
    }
    await untilCount('lease is null and last_error is not null', CONVERSATIONS);
    push.hold(true);
    await pool.query('update notification_deliveries set due_at = now()');
    await until(async () => push.pushed.length === CONVERSATIONS, 'the notifications to be sent');
    const [deleted, read] = inFlight as [InFlight, InFlight];
    const gone = await ann.request(
      'DELETE',
      `/conversations/${deleted.group}/messages/${deleted.seq}`,
    );
    expect(gone.status).toBeLessThan(300);
    const cursor = { seq: read.seq, unread: false };
    const moved = await bob.request('POST', `/conversations/${read.group}/read`, cursor);
    expect(moved.status).toBeLessThan(300);
  } finally {
    await node.kill();
  }
  push.hold(false);
  await untilCount('lease is not null', CONVERSATIONS);
  await pool.query('create table left_behind as table notification_deliveries');
});
afterAll(async () => {
  await endPool(pool);
  await cluster?.stop();
  await push?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Waits until so many deliveries that are not finished meet a condition. */
async function untilCount(condition: string, count: number): Promise<void> {
  await until(
    async () => {
      const { rowCount } = await pool.query(
        `select from notification_deliveries where due_at is not null and ${condition}`,
      );
      return rowCount === count;
    },
    `${count} deliveries with: ${condition}`,
    60_000,
  );
}

/** What another node sends of the notifications that were in flight, by their index, in the order of the messages. */
interface TakenOver {
  /** While the lease of the killed node lasts. */
  readonly early: readonly number[];
  /** After it, before a second look. */
  readonly again: readonly number[];
  /** How often it sent its own message. */
  readonly own: number;
}

/** Starts a node that takes over what the killed one left, and waits until nothing is left. */
async function takeOver(name: string, env: Record<string, string> = {}): Promise<TakenOver> {
  await pool.query('delete from notification_deliveries');
  await pool.query(
    `insert into notification_deliveries overriding system value
     select (jsonb_populate_record(d, jsonb_build_object('due_at', now() + interval '2 minutes'))).*
     from left_behind d`,
  );
  let from = push.pushed.length;
  const node = start(name, env);
  try {
    const url = await node.line();
    const login = async (username: string): Promise<User> =>
      userOf(url, username, await loginAt(url, username));
    const [ann, bob] = [await login('ann'), await login('bob')];
    const sent = () => {
      const some = push.pushed.slice(from).filter(({ content }) => content.type === 'message');
      from = push.pushed.length;
      return some.map(({ content }) => content as { conversation: string; seq: number });
    };
    const indexes = (some: ReturnType<typeof sent>) =>
      some
        .map((s) => inFlight.findIndex((f) => f.group === s.conversation && f.seq === s.seq))
        .filter((index) => index >= 0)
        .sort((a, b) => a - b);
    // When its own message was sent, it has looked at all that is due.
    const group = await ann.group('own', [bob]);
    const seq = await ann.post(group, '@bob look');
    await until(
      async () => {
        const { rowCount } = await pool.query(
          `select from notification_deliveries
           where conversation_id = $1 and message_seq = $2 and outcome = 'sent'`,
          [group, seq],
        );
        return rowCount === 1;
      },
      'the message of the node to be sent',
      60_000,
    );
    const first = sent();
    await pool.query('update notification_deliveries set due_at = now() where due_at is not null');
    await untilCount('true', 0);
    const last = sent();
    const isOwn = (s: { conversation: string }) => s.conversation === group;
    return {
      early: indexes(first),
      again: indexes(last),
      own: [...first, ...last].filter(isOwn).length,
    };
  } finally {
    await node.kill();
  }
}

/** Returns the environment of a node in which a part of a source file is replaced. */
function planted(file: string, find: string, replace: string): Record<string, string> {
  const path = fileURLToPath(new URL(`../src/${file}`, import.meta.url));
  const parts = readFileSync(path, 'utf8').split(find);
  expect(parts, `${file} has “${find}” once`).toHaveLength(2);
  const mutant = join(dir, 'mutant.json');
  writeFileSync(mutant, JSON.stringify({ path, code: parts.join(replace) }));
  return { PARLEY_MUTANT: mutant };
}

const all = Array.from({ length: CONVERSATIONS }, (_, n) => n);
/** All but the message that was deleted and the one that was read. */
const wanted = all.slice(2);

test('what a killed node was sending is sent once more, after its lease, unless it was deleted or read', async () => {
  expect(await takeOver('other')).toEqual({ early: [], again: wanted, own: 1 });
});

test('a node that ignores leases is found', async () => {
  const fault = planted(
    'notifications/deliveries.ts',
    'where channel = $1 and due_at <= now()',
    'where channel = $1 and due_at is not null',
  );
  expect((await takeOver('without leases', fault)).early).toEqual(wanted);
});

test('a node that does not decide again before it sends is found', async () => {
  const fault = planted(
    'push/push-sender.ts',
    'const outcome = reasonToCancel(device, decision, message);',
    'const outcome = null as string | null;',
  );
  expect((await takeOver('without another look', fault)).again).toEqual(all.slice(1));
});
