import 'fake-indexeddb/auto';
import { IndexedDbStore, MemoryStore } from '@parley/client';
import type { Seq } from '@parley/protocol';
import { expect, test } from 'vitest';
import { until } from '../support/sink.ts';
import { seqsFrom, TestBed } from './test-bed.ts';

const testBed = new TestBed();

/** A conversation of ann and bob with three messages from ann. */
async function aTalk() {
  const { node, ann, bob, group } = await testBed.talk();
  const network = await testBed.network(node);
  const said: Seq[] = [];
  for (const text of ['to be edited', 'to be deleted', 'to be liked', 'to be left alone']) {
    said.push(await ann.post(group, text));
  }
  const [edited, deleted, liked] = said as [Seq, Seq, Seq];
  const writer = await testBed.client(node, ann);
  /** Edits, deletes, pins and reacts to earlier messages, and posts some. */
  const meanwhile = async () => {
    const sent = [
      writer.client.edit(group, edited, 'was edited'),
      writer.client.remove(group, deleted),
      writer.client.react(group, liked, '👍'),
      writer.client.react(group, liked, '🎉'),
      writer.client.pin(group, liked),
      writer.client.pin(group, edited),
      writer.client.post(group, 'while bob was away'),
    ];
    await Promise.all(sent.map((s) => s.settled));
    await writer.client.unreact(group, liked, '🎉').settled;
    await writer.client.unpin(group, edited).settled;
  };
  return { node, network, ann, bob, group, writer, meanwhile };
}

test('an edit, a deletion, a reaction and a pin reach a client that was away (B10)', async () => {
  const { network, bob, group, writer, meanwhile } = await aTalk();
  const reader = await testBed.client(network, bob);
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

test('edits and deletions reach a client that returns with its stored state (B10, B26)', async () => {
  const { node, bob, group, writer, meanwhile } = await aTalk();
  const first = await testBed.client(node, bob, { store: new IndexedDbStore() });
  expect(await first.shows(group)).toHaveLength(4);
  await first.client.stop();
  await meanwhile();

  const second = await testBed.client(node, bob, { store: new IndexedDbStore() });
  expect(await second.shows(group)).toEqual(await writer.history(group));
  // The stored state was not requested again, and only the missing events have arrived.
  expect(second.seqs(group)).toEqual(seqsFrom(first.at(group) + 1, writer.at(group)));
});

test('edits and deletions reach a client that missed more than is replayed (reset)', async () => {
  const { network, node, ann, bob, group, writer, meanwhile } = await aTalk();
  const reader = await testBed.client(network, bob);
  expect(await reader.shows(group)).toHaveLength(4);

  network.refuse(true);
  await reader.cut();
  await meanwhile();
  const more = await testBed.client(node, ann);
  const sent = Array.from({ length: 520 }, (_, n) => more.client.post(group, `number ${n}`));
  await Promise.all(sent.map((s) => s.settled));
  network.refuse(false);
  await reader.live();

  expect(reader.client.counters.resets).toBe(1);
  expect(await reader.shows(group)).toEqual(await writer.history(group));
});

test('a client that is away five times gets every event exactly once (B14)', async () => {
  const { network, bob, group, writer } = await aTalk();
  const reader = await testBed.client(network, bob);
  const start = reader.at(group);
  for (let round = 1; round <= 5; round++) {
    network.refuse(true);
    await reader.cut();
    for (let n = 0; n < 20; n++) await writer.client.post(group, `${round} ${n}`).settled;
    network.refuse(false);
    await reader.live();
  }
  await until(() => reader.at(group) === writer.at(group), 'all events');
  expect(reader.seqs(group)).toEqual(seqsFrom(start + 1, writer.at(group)));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
});

test('the gap of 200 missed messages is filled when a live one arrives first (B9)', async () => {
  const { node, bob, group, writer } = await aTalk();
  // The store of a bot: cursors and outbox, no messages.
  const store = new MemoryStore();
  const first = await testBed.client(node, bob, { store });
  await first.client.stop();
  const sent = Array.from({ length: 200 }, (_, n) => writer.client.post(group, `number ${n}`));
  await Promise.all(sent.map((s) => s.settled));

  const second = await testBed.client(node, bob, { store, live: false });
  const live = writer.client.post(group, 'and this is live');
  await second.live();
  const { seq } = await live.settled;
  await until(() => second.at(group) >= seq, 'the live one');
  expect(second.seqs(group)).toEqual(seqsFrom(first.at(group) + 1, seq));
  expect(await second.shows(group)).toEqual(await writer.history(group));
});
