import { streamOfConversation } from '@parley/protocol';
import { expect, test } from 'vitest';
import { registerAt } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { TestClock } from '../support/stream-builders.ts';
import { seqsFrom, TestNodes } from './test-nodes.ts';

const testNodes = new TestNodes();

// Two nodes know of one another by the database alone here: what Redis adds is speed.

test('a client resumes on another node than before, after kill -9 of its own (B12)', async () => {
  const database = await testNodes.cluster.fresh();
  const one = await testNodes.child(database);
  const two = await testNodes.node(database);
  const network = await testNodes.network(one);
  const ann = await registerAt(two.url, 'ann');
  const bob = await registerAt(two.url, 'bob');
  const group = await ann.group('the two', [bob]);
  const reader = await testNodes.client(network, bob);
  const writer = await testNodes.client(two, ann);
  const begun = reader.at(group);

  // It has seen some, it is behind by others, and it writes itself.
  for (let n = 0; n < 10; n++) await writer.client.post(group, `before ${n}`).settled;
  await until(() => reader.at(group) >= begun + 5, 'some messages');
  const own = Array.from({ length: 10 }, (_, n) => reader.client.post(group, `own ${n}`).settled);
  network.lead(two.port);
  await one.child.kill();
  for (let n = 0; n < 10; n++) await writer.client.post(group, `after ${n}`).settled;
  await Promise.all(own);
  await reader.live();

  await until(() => reader.at(group) === writer.at(group), 'all events');
  expect(reader.seqs(group)).toEqual(seqsFrom(begun + 1, writer.at(group)));
  expect(await reader.shows(group)).toEqual(await writer.history(group));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
});

test('a client that changes nodes ten times gets everything once, in order', async () => {
  const database = await testNodes.cluster.fresh();
  const nodes = [await testNodes.node(database), await testNodes.node(database)] as const;
  const network = await testNodes.network(nodes[0]);
  const ann = await registerAt(nodes[0].url, 'ann');
  const bob = await registerAt(nodes[1].url, 'bob');
  const group = await ann.group('the two', [bob]);
  const reader = await testNodes.client(network, bob);
  const writers = [
    await testNodes.client(nodes[0], ann),
    await testNodes.client(nodes[1], ann),
  ] as const;
  const begun = reader.at(group);

  for (let round = 1; round <= 10; round++) {
    network.lead((nodes[round % 2] as (typeof nodes)[0]).port);
    await reader.cut();
    const sent = writers.flatMap((w, i) =>
      [0, 1, 2, 3].map((n) => w.client.post(group, `${round} ${i} ${n}`).settled),
    );
    await Promise.all([...sent, reader.live()]);
  }
  const end = Math.max(...writers.map((w) => w.at(group)));
  await until(() => reader.at(group) === begun + 80, 'all events');
  expect(end).toBeLessThanOrEqual(begun + 80);
  expect(reader.seqs(group)).toEqual(seqsFrom(begun + 1, begun + 80));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
});

test('a node that was frozen delivers nothing out of order when it goes on (B19)', async () => {
  const database = await testNodes.cluster.fresh();
  const frozen = await testNodes.child(database);
  const other = await testNodes.node(database);
  const network = await testNodes.network(frozen);
  const ann = await registerAt(other.url, 'ann');
  const bob = await registerAt(other.url, 'bob');
  const group = await ann.group('the two', [bob]);
  const reader = await testNodes.client(network, bob);
  const writer = await testNodes.client(other, ann);
  const begun = reader.at(group);
  await writer.client.post(group, 'before').settled;
  await until(() => reader.at(group) === begun + 1, 'the first message');

  frozen.child.process.kill('SIGSTOP');
  testNodes.finally(() => frozen.child.process.kill('SIGCONT'));
  const own = reader.client.post(group, 'into the ice').settled;
  for (let n = 0; n < 30; n++) await writer.client.post(group, `meanwhile ${n}`).settled;
  // The reader goes elsewhere, and comes back to the node when it has thawed.
  network.lead(other.port);
  await reader.cut();
  await reader.live();
  await own;
  frozen.child.process.kill('SIGCONT');
  network.lead(frozen.port);
  await reader.cut();
  await reader.live();
  await writer.client.post(group, 'after').settled;

  await until(() => reader.at(group) === writer.at(group), 'all events');
  expect(reader.seqs(group)).toEqual(seqsFrom(begun + 1, writer.at(group)));
  const { items } = await reader.api.events(streamOfConversation(group), { after: 0 as never });
  const ids = items.flatMap((e) => (e.client === null ? [] : [e.client]));
  expect(new Set(ids).size).toBe(ids.length);
});

test('nodes whose clocks are 90 s apart, and one that steps back, keep one order (B22)', async () => {
  const database = await testNodes.cluster.fresh();
  const clocks = [new TestClock(), new TestClock()] as const;
  const now = Date.now();
  clocks[0].set(now - 90_000);
  clocks[1].set(now + 90_000);
  const nodes = [
    await testNodes.node(database, { clock: clocks[0] }),
    await testNodes.node(database, { clock: clocks[1] }),
  ] as const;
  const ann = await registerAt(nodes[0].url, 'ann');
  const bob = await registerAt(nodes[0].url, 'bob');
  const group = await ann.group('the two', [bob]);
  const [one, two] = [await testNodes.client(nodes[0], ann), await testNodes.client(nodes[1], bob)];
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
