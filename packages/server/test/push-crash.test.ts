import { rmSync } from 'node:fs';
import pg from 'pg';
import { expect, test } from 'vitest';
import { type Child, startChild } from './support/child.ts';
import { endPool, startTestCluster } from './support/database.ts';
import { startPushServer } from './support/push-server.ts';
import { registerAt } from './support/server.ts';
import { until } from './support/sink.ts';
import { makeTempDir } from './support/temp-dir.ts';

/** Conversations, so that no notification replaces another. */
const CONVERSATIONS = 12;
const KILLS = 2;

test('a node that is killed while it sends repeats at most what was in flight, once, and the other node loses nothing', {
  timeout: 240_000,
}, async () => {
  const push = await startPushServer();
  const cluster = await startTestCluster();
  const { url: connectionString } = await cluster.fresh();
  const pool = new pg.Pool({ connectionString });
  const dirs = [makeTempDir('push-crash'), makeTempDir('push-crash')] as const;
  const start = (n: 0 | 1): Child =>
    startChild('server-child.ts', [], {
      DATABASE_URL: connectionString,
      PARLEY_DATA: dirs[n],
      PARLEY_SECRET: 'the same secret for both nodes of the test',
      PORT: '0',
      RATE_LIMITS: 'off',
      LINK_PREVIEWS: 'off',
      PUSH_NETWORKS: '127.0.0.1',
    });
  const nodes = [start(0), start(1)];
  const urls = [await nodes[0]?.line(), await nodes[1]?.line()] as string[];
  const ann = await registerAt(urls[0] ?? '', 'ann');
  const bob = await registerAt(urls[0] ?? '', 'bob');
  const { publicKey } = (await bob.request('GET', '/me/notifications/devices')).body;
  const added = await bob.request('POST', '/me/notifications/devices', {
    kind: 'web_push',
    ...push.browser(publicKey),
    name: 'Firefox',
  });
  expect(added.status).toBe(201);
  const groups = [];
  for (let n = 0; n < CONVERSATIONS; n++) groups.push(await ann.group(`group ${n}`, [bob]));
  const pending = async (condition = 'true') =>
    (
      await pool.query(
        `select from notification_deliveries where due_at is not null and ${condition}`,
      )
    ).rowCount ?? 0;
  const posted = new Set<string>();
  const deleted: string[] = [];
  let killed = 0;
  try {
    for (let round = 0; round <= KILLS; round++) {
      const victim = nodes[1];
      // The first push of a round ends the node: it is sent, and its outcome is not stored.
      if (round < KILLS) push.onNext(() => victim?.process.kill('SIGKILL'));
      for (const group of groups) {
        posted.add(`${group} ${await ann.post(group, `@bob round ${round}`)}`);
      }
      if (round === KILLS) break;
      await victim?.ended;
      killed++;
      // Only what the killed node had claimed is left: the other node has ended its own.
      await until(
        async () =>
          (await pending('lease is null')) === 0 &&
          (await pending("due_at > now() + interval '105 seconds'")) === 0,
        'the other node to end its deliveries',
        60_000,
      );
      const { rows } = await pool.query<{ conversation: string; seq: string }>(
        `select conversation_id as conversation, message_seq as seq from notification_deliveries
         where due_at is not null order by id desc limit 1`,
      );
      const [gone] = rows;
      if (gone) {
        const path = `/conversations/${gone.conversation}/messages/${gone.seq}`;
        expect((await ann.request('DELETE', path)).status).toBeLessThan(300);
        deleted.push(`${gone.conversation} ${gone.seq}`);
      }
      const before = push.pushed.length;
      // As if the time of their leases was over.
      await pool.query(
        'update notification_deliveries set due_at = now() where due_at is not null',
      );
      nodes[1] = start(1);
      urls[1] = await nodes[1].line();
      await until(async () => (await pending()) === 0, 'all deliveries to end', 60_000);
      const later = push.pushed.slice(before).map(placeOf);
      expect(later.filter((place) => deleted.includes(place))).toEqual([]);
    }
    await until(
      async () => (await pending()) === 0 && push.pushed.length >= posted.size - deleted.length,
      'all notifications to be sent',
      60_000,
    );
    const counts = new Map<string, number>();
    for (const one of push.pushed) counts.set(placeOf(one), (counts.get(placeOf(one)) ?? 0) + 1);
    const lost = [...posted].filter((place) => !counts.has(place) && !deleted.includes(place));
    const repeated = [...counts.values()].filter((n) => n > 1);
    expect({ killed, lost }).toEqual({ killed: KILLS, lost: [] });
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(2);
    // Not more than what one claim of each killed node had in flight.
    expect(repeated.length).toBeLessThanOrEqual(KILLS * CONVERSATIONS);
    // Nothing is repeated without a crash.
    const lastRound = [...posted].slice(-CONVERSATIONS);
    expect(lastRound.map((place) => counts.get(place))).toEqual(lastRound.map(() => 1));
  } finally {
    for (const node of nodes) await node.kill();
    await endPool(pool);
    await cluster.stop();
    await push.stop();
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
  }
});

const placeOf = ({ content }: { content: { conversation: string; seq: number } }): string =>
  `${content.conversation} ${content.seq}`;
