import { streamOfConversation } from '@parley/protocol';
import { expect, test } from 'vitest';
import { registerAt } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { TestClock } from '../support/stream-builders.ts';
import { seqsFrom, TestBed } from './test-bed.ts';

const testBed = new TestBed();

// Two nodes that learn of each other’s events from the database alone: Redis would only add speed.

test('a client resumes on another node after kill -9 of its own (B12)', async () => {
  const database = await testBed.cluster.fresh();
  const one = await testBed.child(database);
  const two = await testBed.node(database);
  const network = await testBed.network(one);
  const ann = await registerAt(two.url, 'ann');
  const bob = await registerAt(two.url, 'bob');
  const group = await ann.group('the two', [bob]);
  const reader = await testBed.client(network, bob);
  const writer = await testBed.client(two, ann);
  const start = reader.at(group);

  // It has seen some messages, has missed others, and writes itself.
  for (let n = 0; n < 10; n++) await writer.client.post(group, `before ${n}`).settled;
  await until(() => reader.at(group) >= start + 5, 'some messages');
  const own = Array.from({ length: 10 }, (_, n) => reader.client.post(group, `own ${n}`).settled);
  network.forwardTo(two.port);
  await one.child.kill();
  for (let n = 0; n < 10; n++) await writer.client.post(group, `after ${n}`).settled;
  await Promise.all(own);
  await reader.live();

  await until(() => reader.at(group) === writer.at(group), 'all events');
  expect(reader.seqs(group)).toEqual(seqsFrom(start + 1, writer.at(group)));
  expect(await reader.shows(group)).toEqual(await writer.history(group));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
});

test('a client that changes nodes ten times gets every event once, in order', async () => {
  const database = await testBed.cluster.fresh();
  const nodes = [await testBed.node(database), await testBed.node(database)] as const;
  const network = await testBed.network(nodes[0]);
  const ann = await registerAt(nodes[0].url, 'ann');
  const bob = await registerAt(nodes[1].url, 'bob');
  const group = await ann.group('the two', [bob]);
  const reader = await testBed.client(network, bob);
  const writers = [
    await testBed.client(nodes[0], ann),
    await testBed.client(nodes[1], ann),
  ] as const;
  const start = reader.at(group);

  for (let round = 1; round <= 10; round++) {
    network.forwardTo((nodes[round % 2] as (typeof nodes)[0]).port);
    await reader.cut();
    const sent = writers.flatMap((w, i) =>
      [0, 1, 2, 3].map((n) => w.client.post(group, `${round} ${i} ${n}`).settled),
    );
    await Promise.all([...sent, reader.live()]);
  }
  const end = Math.max(...writers.map((w) => w.at(group)));
  await until(() => reader.at(group) === start + 80, 'all events');
  expect(end).toBeLessThanOrEqual(start + 80);
  expect(reader.seqs(group)).toEqual(seqsFrom(start + 1, start + 80));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
});

test('a node that was frozen delivers nothing out of order when it resumes (B19)', async () => {
  const database = await testBed.cluster.fresh();
  const frozen = await testBed.child(database);
  const other = await testBed.node(database);
  const network = await testBed.network(frozen);
  const ann = await registerAt(other.url, 'ann');
  const bob = await registerAt(other.url, 'bob');
  const group = await ann.group('the two', [bob]);
  const reader = await testBed.client(network, bob);
  const writer = await testBed.client(other, ann);
  const start = reader.at(group);
  await writer.client.post(group, 'before').settled;
  await until(() => reader.at(group) === start + 1, 'the first message');

  frozen.child.process.kill('SIGSTOP');
  testBed.finally(() => frozen.child.process.kill('SIGCONT'));
  const own = reader.client.post(group, 'into the ice').settled;
  for (let n = 0; n < 30; n++) await writer.client.post(group, `meanwhile ${n}`).settled;
  // The reader moves to another node, and returns to the first when that has resumed.
  network.forwardTo(other.port);
  await reader.cut();
  await reader.live();
  await own;
  frozen.child.process.kill('SIGCONT');
  network.forwardTo(frozen.port);
  await reader.cut();
  await reader.live();
  await writer.client.post(group, 'after').settled;

  await until(() => reader.at(group) === writer.at(group), 'all events');
  expect(reader.seqs(group)).toEqual(seqsFrom(start + 1, writer.at(group)));
  const { items } = await reader.api.events(streamOfConversation(group), { after: 0 as never });
  const ids = items.flatMap((e) => (e.client === null ? [] : [e.client]));
  expect(new Set(ids).size).toBe(ids.length);
});

test('events keep one order when clocks of nodes are 90 s apart and one steps back (B22)', async () => {
  const database = await testBed.cluster.fresh();
  const clocks = [new TestClock(), new TestClock()] as const;
  const now = Date.now();
  clocks[0].set(now - 90_000);
  clocks[1].set(now + 90_000);
  const nodes = [
    await testBed.node(database, { clock: clocks[0] }),
    await testBed.node(database, { clock: clocks[1] }),
  ] as const;
  const ann = await registerAt(nodes[0].url, 'ann');
  const bob = await registerAt(nodes[0].url, 'bob');
  const group = await ann.group('the two', [bob]);
  const [one, two] = [await testBed.client(nodes[0], ann), await testBed.client(nodes[1], bob)];
  for (let n = 0; n < 6; n++) {
    // Each answers what it has seen.
    await until(() => one.at(group) === two.at(group), 'both to have the same');
    await (n % 2 ? one : two).client.post(group, `number ${n}`).settled;
    if (n === 3) clocks[1].set(now - 30_000);
  }
  await until(() => one.at(group) === two.at(group), 'all events');
  const shown = await one.shows(group);
  expect(await two.shows(group)).toEqual(shown);
  expect(shown).toMatchObject(Array.from({ length: 6 }, (_, n) => ({ body: `number ${n}` })));
  const page = await one.api.history(group, { limit: 100 });
  const times = page.items.map((m) => m.postedAt);
  expect(times).toEqual([...times].sort());
});
