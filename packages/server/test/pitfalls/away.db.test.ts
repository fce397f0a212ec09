import 'fake-indexeddb/auto';
import { IndexedDbStore, MemoryStore } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import { registerAt } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { seqsFrom, TestNodes } from './test-nodes.ts';

const testNodes = new TestNodes();

/** A conversation of ann and bob with three messages of ann’s. */
async function aTalk() {
  const node = await testNodes.node(await testNodes.cluster.fresh());
  const network = await testNodes.network(node);
  const ann = await registerAt(node.url, 'ann');
  const bob = await registerAt(node.url, 'bob');
  const group = await ann.group('the two', [bob]);
  const said: Seq[] = [];
  for (const text of ['to be edited', 'to be deleted', 'to be liked', 'to be left alone']) {
    said.push(await ann.post(group, text));
  }
  const [edited, deleted, liked] = said as [Seq, Seq, Seq];
  const writer = await testNodes.client(node, ann);
  /** Changes what was there before, and says a little. */
  const meanwhile = async () => {
    const sent = [
      writer.client.edit(group, edited, 'was edited'),
      writer.client.remove(group, deleted),
      writer.client.react(group, liked, '👍'),
      writer.client.react(group, liked, '🎉'),
      writer.client.post(group, 'while bob was away'),
    ];
    await Promise.all(sent.map((s) => s.settled));
    await writer.client.unreact(group, liked, '🎉').settled;
  };
  return { node, network, ann, bob, group, writer, meanwhile };
}

test('an edit, a deletion and a reaction made while a client was away reach it (B10)', async () => {
  const { network, bob, group, writer, meanwhile } = await aTalk();
  const reader = await testNodes.client(network, bob);
  expect(await reader.shows(group)).toHaveLength(4);

  network.refuse(true);
  await reader.cut();
  await meanwhile();
  network.refuse(false);
  await reader.live();

  await until(() => reader.at(group) === writer.at(group), 'all events');
  expect(await reader.shows(group)).toEqual(await writer.history(group));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
});

test('they reach a client that comes back with what it had stored (B10, B26)', async () => {
  const { node, bob, group, writer, meanwhile } = await aTalk();
  const first = await testNodes.client(node, bob, { store: new IndexedDbStore() });
  expect(await first.shows(group)).toHaveLength(4);
  await first.client.stop();
  await meanwhile();

  const second = await testNodes.client(node, bob, { store: new IndexedDbStore() });
  expect(await second.shows(group)).toEqual(await writer.history(group));
  // What was stored was not asked for again, and only what was missing has come.
  expect(second.seqs(group)).toEqual(seqsFrom(first.at(group) + 1, writer.at(group)));
});

test('they reach a client that has missed more than is replayed (reset)', async () => {
  const { network, node, ann, bob, group, writer, meanwhile } = await aTalk();
  const reader = await testNodes.client(network, bob);
  expect(await reader.shows(group)).toHaveLength(4);

  network.refuse(true);
  await reader.cut();
  await meanwhile();
  const more = await testNodes.client(node, ann);
  const sent = Array.from({ length: 520 }, (_, n) => more.client.post(group, `number ${n}`));
  await Promise.all(sent.map((s) => s.settled));
  network.refuse(false);
  await reader.live();

  expect(reader.client.counters.resets).toBe(1);
  expect(await reader.shows(group)).toEqual(await writer.history(group));
});

test('five times away, nothing comes twice and nothing is lost (B14)', async () => {
  const { network, bob, group, writer } = await aTalk();
  const reader = await testNodes.client(network, bob);
  const begun = reader.at(group);
  for (let round = 1; round <= 5; round++) {
    network.refuse(true);
    await reader.cut();
    for (let n = 0; n < 20; n++) await writer.client.post(group, `${round} ${n}`).settled;
    network.refuse(false);
    await reader.live();
  }
  await until(() => reader.at(group) === writer.at(group), 'all events');
  expect(reader.seqs(group)).toEqual(seqsFrom(begun + 1, writer.at(group)));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
});

test('200 messages while away, and a live one at once: the hole is filled (B9)', async () => {
  const { node, bob, group, writer } = await aTalk();
  // The program’s store: cursors and outbox, no messages.
  const store = new MemoryStore();
  const first = await testNodes.client(node, bob, { store });
  await first.client.stop();
  const sent = Array.from({ length: 200 }, (_, n) => writer.client.post(group, `number ${n}`));
  await Promise.all(sent.map((s) => s.settled));

  const second = await testNodes.client(node, bob, { store, live: false });
  const live = writer.client.post(group, 'and this is live');
  await second.live();
  const { seq } = await live.settled;
  await until(() => second.at(group) >= seq, 'the live one');
  expect(second.seqs(group)).toEqual(seqsFrom(first.at(group) + 1, seq));
  expect(await second.shows(group)).toEqual(await writer.history(group));
});
