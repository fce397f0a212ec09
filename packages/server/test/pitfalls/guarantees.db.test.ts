import { type LiveSocket, MemoryStore, ParleyApi, ParleyClient } from '@parley/client';
import { nodeSocket } from '@parley/client/node';
import {
  type Event,
  type Seq,
  type ServerFrame,
  streamOfConversation,
  WORKSPACE_STREAM,
} from '@parley/protocol';
import { expect, test } from 'vitest';
import { postMessage } from '../../src/messages/commands.ts';
import { about } from '../support/domain-builders.ts';
import { until } from '../support/sink.ts';
import { anAppend, TestClock } from '../support/stream-builders.ts';
import { RecordingClient, seqsFrom, TestBed } from './test-bed.ts';

const testBed = new TestBed();

test('paging returns each of 1,001 messages of the same millisecond once (B11)', async () => {
  // The clock stands still.
  const { database, node, ann, bob, group } = await testBed.talk({ clock: new TestClock() });
  const { pool } = await database.open();
  const append = anAppend(pool);
  const outcomes = await Promise.all(
    Array.from({ length: 1_001 }, (_, n) =>
      postMessage(append, about(ann.id, group), `number ${n}`),
    ),
  );
  await pool.query(`update events set at = '2026-01-01' where stream_id = $1`, [group]);
  const seqs = outcomes.map((o) => (o.kind === 'stored' ? o.seq : 0)).sort((a, b) => a - b);
  const reader = new RecordingClient(node.url, bob);
  const history = (await reader.history(group)) as { seq: Seq }[];
  expect(history.map((m) => m.seq)).toEqual(seqs);
  const events: Seq[] = [];
  for (let after = 0 as Seq; ; ) {
    const page = await reader.api.events(streamOfConversation(group), { after, limit: 90 });
    if (page.items.length === 0) break;
    events.push(...page.items.map((e) => e.seq));
    after = events.at(-1) as Seq;
  }
  // From bob’s own joining on.
  expect(events).toEqual(seqsFrom(3, seqs.at(-1) as number));
});

test('a server restored from a backup (a new epoch) causes one reset, not a loop (B13)', async () => {
  const { database, node, ann, bob, group } = await testBed.talk();
  const reader = await testBed.client(node, bob);
  await ann.post(group, 'before');
  await until(() => reader.seqs(group).length === 1, 'the message');
  const { pool } = await database.open();
  await pool.query('update server_state set epoch = gen_random_uuid()');

  const { connects } = reader.client.counters;
  await reader.cut();
  await reader.live();
  await ann.post(group, 'after');
  await until(() => reader.seqs(group).length === 2, 'the message after');
  expect(await reader.shows(group)).toEqual(await reader.history(group));
  // The reset of all, then of its personal stream, the workspace, everyone and the group.
  expect(reader.client.counters).toMatchObject({ connects: connects + 1, resets: 5, gapFills: 0 });
  await reader.cut();
  await reader.live();
  expect(reader.client.counters).toMatchObject({ connects: connects + 2, resets: 5 });
});

test('frames from a replaced connection change nothing (B15)', async () => {
  const { node, ann, bob, group } = await testBed.talk();
  const sockets: LiveSocket[] = [];
  const late: string[] = [];
  const client = new ParleyClient({
    api: new ParleyApi({ url: node.url, sessionToken: bob.sessionToken }),
    loadUsers: false,
    random: () => 0,
    socket: (url, handlers) => {
      const generation = sockets.length;
      const real = nodeSocket(url, {
        ...handlers,
        message: (text) => {
          if (generation < sockets.length - 1) late.push(text);
          handlers.message(text);
        },
      });
      sockets.push(real);
      // The client lets go of it; the socket stays open.
      return { send: real.send, close: () => undefined };
    },
  });
  const events: Event[] = [];
  client.onEvent((event) => events.push(event));
  testBed.finally(async () => {
    await client.stop();
    for (const socket of sockets) socket.close();
  });
  await client.start();
  await client.whenLive();
  const start = client.cursors.get(streamOfConversation(group)) as Seq;
  for (let round = 0; round < 3; round++) {
    client.networkLost();
    await ann.post(group, `${round} on its way`);
    await client.whenLive();
    await ann.post(group, `${round} live`);
  }
  await until(() => events.length >= 6, 'all messages');
  await until(() => late.filter((text) => text.includes('"message.posted"')).length >= 9, 'echoes');
  expect(events.map((e) => e.seq)).toEqual(seqsFrom(start + 1, start + 6));
  expect(client.counters).toMatchObject({ connects: 4, gapFills: 0, duplicates: 0 });
});

test.each([
  ['before', 'ack'],
  ['after', 'event'],
] as const)('an event that arrives %s its ack makes one message (B25)', async (_when, held) => {
  const { node, ann, group } = await testBed.talk();
  const client = new ParleyClient({
    api: new ParleyApi({ url: node.url, sessionToken: ann.sessionToken }),
    loadUsers: false,
    socket: (url, handlers) => {
      // Holds frames of one kind back until one of the other kind has arrived.
      let waiting: string[] = [];
      return nodeSocket(url, {
        ...handlers,
        message: (text) => {
          const { op } = JSON.parse(text) as ServerFrame;
          if (op === held) {
            waiting.push(text);
            return;
          }
          handlers.message(text);
          if (op !== 'ack' && op !== 'event') return;
          for (const frame of waiting) handlers.message(frame);
          waiting = [];
        },
      });
    },
  });
  testBed.finally(() => client.stop());
  await client.start();
  await client.whenLive();
  const timeline = client.timeline(group);
  await timeline.open();
  const most: number[] = [];
  timeline.subscribe(() => most.push(timeline.snapshot.messages.length));

  // The last message of a round releases what is held back of the others.
  const sent = [1, 2, 3].map((n) => client.post(group, `number ${n}`));
  await until(() => timeline.snapshot.messages.some((m) => m.state === 'stored'), 'the first');
  client.post(group, 'the last');
  await Promise.all(sent.map((s) => s.settled));
  await until(() => timeline.snapshot.messages.length === 4, 'all messages');
  expect(Math.max(...most)).toBe(4);
  expect(timeline.snapshot.messages.map((m) => m.body)).toEqual([
    'number 1',
    'number 2',
    'number 3',
    'the last',
  ]);
});

test('a damaged row is skipped and stops no client’s synchronization (B28)', async () => {
  const { database, node, ann, bob, group } = await testBed.talk();
  const { pool } = await database.open();
  const store = new MemoryStore();
  const first = await testBed.client(node, bob, { store });
  const poison = [
    ['message.sung', '{"melody":"none"}'],
    ['message.posted', '{}'],
    ['message.posted', 'null'],
    ['message.edited', '{"body":"of nothing"}'],
    ['reaction.added', '[]'],
    ['member.joined', '{"account":7}'],
    ['member.left', '"gone"'],
    ['conversation.updated', '{"name":{}}'],
    ['message.deleted', '3'],
  ];
  const insert = async (stream: string, type: string, data: string) => {
    await pool.query(
      `with s as (update streams set last_seq = last_seq + 1 where id = $1 returning last_seq)
       insert into events (stream_id, seq, type, actor_id, at, data)
       select $1, last_seq, $2, $3, now(), $4::json from s`,
      [stream, type, ann.id, data],
    );
  };
  const rounds = async (who: RecordingClient) => {
    for (const [type, data] of poison) await insert(group, type as string, data as string);
    for (const type of ['user.registered', 'user.updated', 'user.role_changed', 'group.created']) {
      await insert(WORKSPACE_STREAM, type, 'null');
    }
    await insert(bob.id, 'conversation.joined', '{"conversation":1}');
    await insert(bob.id, 'conversation.left', 'null');
    const seq = await ann.post(group, 'life goes on');
    await until(() => who.at(group) === seq, 'the message after the poison', 20_000);
  };

  // Live, on resume, for a client with a cursor and for one without any state.
  await rounds(first);
  expect(first.client.state).toBe('live');
  await first.cut();
  await rounds(first);
  await first.client.stop();
  const again = await testBed.client(node, bob, { store });
  const fresh = await testBed.client(node, bob);
  await rounds(again);
  await until(() => fresh.at(group) === again.at(group), 'the same for both');
  for (const who of [again, fresh]) {
    expect(who.client.counters.connects).toBe(1);
    const shown = (await who.shows(group)) as { body: string }[];
    expect(shown.filter((m) => m.body === 'life goes on')).toHaveLength(3);
    await who.client.post(group, 'and can be written to').settled;
  }
});
