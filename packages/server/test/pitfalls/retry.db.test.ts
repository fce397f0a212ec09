import type { Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import { PASSWORD } from '../support/credentials.ts';
import { call, registerAt, type User } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { aClientId, TestClock } from '../support/stream-builders.ts';
import { TestBed } from './test-bed.ts';

const testBed = new TestBed();

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Posts under an id with a new login: another session, another token. */
async function postAs(url: string, who: User, conversation: string, id: string, body: string) {
  const login = await call(url, 'POST', '/auth/login', {
    body: { login: who.name, password: PASSWORD },
    headers: { 'parley-session': 'token' },
  });
  expect(login.status).toBe(200);
  const path = `/conversations/${conversation}/messages`;
  const { status, body: answer } = await call(url, 'POST', path, {
    body: { body },
    headers: { authorization: `Bearer ${login.body.accessToken}`, 'idempotency-key': id },
  });
  expect(status).toBe(201);
  return answer.seq as Seq;
}

test('a retry after 30 s, an hour, a day or a year does not post twice on any node (B2, B4)', async () => {
  const database = await testBed.cluster.fresh();
  const clock = new TestClock();
  const one = await testBed.node(database, { clock });
  const two = await testBed.node(database, { clock });
  const ann = await registerAt(one.url, 'ann');
  const group = await ann.group('notes');
  const ids = [aClientId(), aClientId()] as const;
  const posted = await Promise.all(ids.map((id) => postAs(one.url, ann, group, id, `by ${id}`)));

  for (const later of [31 * SECOND, HOUR, DAY, 366 * DAY, -400 * DAY]) {
    clock.set(clock.now() + later);
    for (const node of [one, two]) {
      for (const [i, id] of ids.entries()) {
        expect(await postAs(node.url, ann, group, id, `by ${id}`)).toBe(posted[i]);
      }
    }
  }
  const { pool } = await database.open();
  const { rows } = await pool.query(
    'select seq from messages where conversation_id = $1 order by seq',
    [group],
  );
  expect(rows.map((row) => row.seq)).toEqual([...posted].sort((a, b) => a - b));
});

test('a retry after kill -9 and restart of the server does not post twice (B1, B12)', async () => {
  const database = await testBed.cluster.fresh();
  const first = await testBed.child(database);
  const network = await testBed.network(first);
  const ann = await registerAt(first.url, 'ann');
  const group = await ann.group('notes');
  const writer = await testBed.client(network, ann);
  const { pool } = await database.open();
  const stored = async () => {
    const { rows } = await pool.query<{ seq: Seq; body: string }>(
      'select seq, body from messages where conversation_id = $1 order by seq',
      [group],
    );
    return rows;
  };

  // The acks are lost with the server: the writer has none, the database has every message.
  network.set({ swallowDown: true });
  const bodies = Array.from({ length: 20 }, (_, n) => `number ${n}`);
  const sent = bodies.map((body) => writer.client.post(group, body));
  await until(async () => (await stored()).length === 20, 'the messages to be stored');
  network.refuse(true);
  await first.child.kill();
  const before = await stored();
  network.cut();

  const second = await testBed.child(database);
  network.forwardTo(second.port);
  network.refuse(false);
  const acks = await Promise.all(sent.map((s) => s.settled));
  expect(acks.map((a) => a.seq)).toEqual(before.map((m) => m.seq));
  expect(await stored()).toEqual(before);
  expect(before.map((m) => m.body)).toEqual(bodies);
  expect(writer.client.counters.resends).toBe(20);
});

test('reminders are given and scheduled messages are sent once while nodes are killed', async () => {
  const database = await testBed.cluster.fresh();
  let killed = await testBed.child(database);
  const survivor = await testBed.child(database);
  const ann = await registerAt(survivor.url, 'ann');
  const group = await ann.group('notes');
  const listener = await testBed.client(survivor, ann);
  const reminders: Seq[] = [];
  listener.client.onEvent((event) => {
    if (event.type === 'reminder.due') reminders.push(event.data.message);
  });
  const remindAt = new Date(Date.now() + 3_600_000).toISOString();
  const messages: Seq[] = [];
  for (let n = 0; n < 30; n++) {
    const seq = await ann.post(group, `number ${n}`);
    const path = `/conversations/${group}/messages/${seq}/saved`;
    const { status } = await ann.request('PUT', path, { remindAt });
    expect(status).toBe(200);
    messages.push(seq);
    const scheduled = { conversation: group, body: `later ${n}`, sendAt: remindAt };
    expect((await ann.request('POST', '/me/scheduled', scheduled)).status).toBe(201);
  }
  const { pool } = await database.open();
  // Due at once, however long the requests took.
  await pool.query('update saved_messages set remind_at = now()');
  await pool.query('update scheduled_messages set due_at = now()');
  const given = async () => {
    const { rows } = await pool.query<{ n: number }>(
      `select count(*)::int as n from events where type = 'reminder.due'`,
    );
    return rows[0]?.n ?? 0;
  };
  const sent = async () => {
    const { rows } = await pool.query<{ body: string }>(
      `select body from messages where body like 'later %' order by seq`,
    );
    return rows.map((row) => row.body);
  };
  // One node is killed again and again, also while it gives reminders and sends messages.
  while ((await given()) === 0 || (await sent()).length === 0) {
    killed.child.process.kill('SIGKILL');
    await killed.child.ended;
    killed = await testBed.child(database);
  }
  killed.child.process.kill('SIGKILL');
  await until(() => reminders.length >= messages.length, 'all reminders', 60_000);
  expect(await given()).toBe(messages.length);
  await until(async () => (await sent()).length >= messages.length, 'all messages', 60_000);
  expect((await sent()).sort()).toEqual(messages.map((_, n) => `later ${n}`).sort());
  const { rows: left } = await pool.query('select id from scheduled_messages');
  expect(left).toEqual([]);
  expect([...reminders].sort((a, b) => a - b)).toEqual(messages);
});

test('acknowledged messages exist once and in one order after three kills under load, one by many SIGTERMs', async () => {
  const database = await testBed.cluster.fresh();
  let server = await testBed.child(database);
  const network = await testBed.network(server);
  const ann = await registerAt(server.url, 'ann');
  const bob = await registerAt(server.url, 'bob');
  const group = await ann.group('the two', [bob]);
  const writers = [await testBed.client(network, ann), await testBed.client(network, bob)] as const;

  const sent: Promise<{ seq: Seq }>[] = [];
  for (let round = 0; round < 3; round++) {
    let killed = false;
    const posting = (async () => {
      for (let n = 0; !killed || n < 20; n++) {
        const writer = writers[n % 2] as (typeof writers)[0];
        sent.push(writer.client.post(group, `${round} ${n}`).settled);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    await until(() => sent.length > 20 * (round + 1), 'some messages');
    if (round === 1) {
      // Repeated SIGTERM, as an impatient supervisor sends it (B28).
      for (let n = 0; n < 5; n++) server.child.process.kill('SIGTERM');
    } else {
      server.child.process.kill('SIGKILL');
    }
    await server.child.ended;
    killed = true;
    await posting;
    server = await testBed.child(database);
    network.forwardTo(server.port);
  }
  const acks = await Promise.all(sent);
  await until(
    () => writers.every((w) => w.at(group) >= Math.max(...acks.map((a) => a.seq))),
    'all events',
  );
  const [one, two] = writers;
  expect(one.seqs(group)).toEqual(two.seqs(group));
  expect(new Set(acks.map((a) => a.seq)).size).toBe(acks.length);
  const { pool } = await database.open();
  const { rows } = await pool.query(
    'select count(*) as n from messages where conversation_id = $1',
    [group],
  );
  expect(rows[0].n).toBe(acks.length);
});
