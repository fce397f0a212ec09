import 'fake-indexeddb/auto';
import { IndexedDbStore } from '@parley/client';
import { type Event, streamOfConversation } from '@parley/protocol';
import { expect, test } from 'vitest';
import { registerAt } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { TestBed } from './test-bed.ts';

const testBed = new TestBed();

/** ann behind a bad network, and bob, who sees what arrives. */
async function aTalk() {
  const { node, ann, bob, group } = await testBed.talk();
  const network = await testBed.network(node);
  const reader = await testBed.client(node, bob);
  const bodies = () =>
    reader.events
      .filter((e): e is Extract<Event, { type: 'message.posted' }> => e.type === 'message.posted')
      .map((e) => e.data.body);
  return { node, network, ann, group, reader, bodies };
}

const numbers = (n: number) => Array.from({ length: n }, (_, i) => `number ${i}`);

test('messages written offline are sent in the order they were written', async () => {
  const { network, ann, group, bodies } = await aTalk();
  const writer = await testBed.client(network, ann);
  network.refuse(true);
  await writer.cut();
  const sent = numbers(60).map((body) => writer.client.post(group, body));
  network.refuse(false);
  await Promise.all(sent.map((s) => s.settled));
  await until(() => bodies().length === 60, 'all messages');
  expect(bodies()).toEqual(numbers(60));
});

test('queued messages arrive once and in order when the connection is cut repeatedly', async () => {
  const { network, ann, group, bodies } = await aTalk();
  const writer = await testBed.client(network, ann);
  const sent: Promise<unknown>[] = [];
  for (const [n, body] of numbers(120).entries()) {
    const cut = n % 12 === 11;
    if (cut) {
      // Messages that were written offline are being sent at this moment.
      await writer.live();
      // Every other cut is in the middle of a frame.
      if (n % 24 === 11) network.cut();
      else network.cutInFrame(40);
    }
    sent.push(writer.client.post(group, body).settled);
    if (cut) await until(() => writer.client.state !== 'live', 'the cut');
  }
  await Promise.all(sent);
  await until(() => bodies().length >= 120, 'all messages');
  expect(bodies()).toEqual(numbers(120));
  expect(writer.client.counters.connects).toBe(11);
});

test('queued messages arrive once and in order when every ack is lost (B1, B21)', async () => {
  const { network, ann, group, bodies } = await aTalk();
  const writer = await testBed.client(network, ann);
  for (let round = 0; round < 5; round++) {
    const before = bodies().length;
    network.set({ swallowDown: true });
    const sent = numbers(10).map((body) => writer.client.post(group, `${round} ${body}`));
    // Stored, and the writer has received no ack.
    await until(() => bodies().length === before + 10, 'the messages to be stored');
    network.cut();
    await Promise.all(sent.map((s) => s.settled));
  }
  const expected = [0, 1, 2, 3, 4].flatMap((round) =>
    numbers(10).map((body) => `${round} ${body}`),
  );
  expect(bodies()).toEqual(expected);
  expect(writer.client.counters.resends).toBeGreaterThanOrEqual(50);
});

test('unsent messages keep their ids and their order over a reload (B3, B26)', async () => {
  const { network, ann, group, bodies, node } = await aTalk();
  const first = await testBed.client(network, ann, { store: new IndexedDbStore() });
  network.set({ swallowDown: true });
  const ids = numbers(10).map((body) => first.client.post(group, body).id);
  await until(() => bodies().length === 10, 'the first half to be stored');
  network.refuse(true);
  await first.cut();
  ids.push(
    ...numbers(20)
      .slice(10)
      .map((body) => first.client.post(group, body).id),
  );
  await until(() => first.client.snapshot.outbox.length === 20, 'the outbox');
  await first.client.stop();

  const second = await testBed.client(node, ann, { store: new IndexedDbStore() });
  await until(() => second.client.snapshot.outbox.length === 0, 'all to be answered');
  await until(() => bodies().length >= 20, 'all messages');
  expect(bodies()).toEqual(numbers(20));
  // The same commands, under their original ids.
  const { items } = await second.api.events(streamOfConversation(group), { after: 0 as never });
  expect(items.filter((e) => e.type === 'message.posted').map((e) => e.client)).toEqual(ids);
});

test('a deferred message is not overtaken by the next one', async () => {
  const node = await testBed.node(await testBed.cluster.fresh(), {
    env: { RATE_LIMITS: 'on' },
    limits: { commands: 12, commandWindowMs: 1_000 },
  });
  const ann = await registerAt(node.url, 'ann');
  const bob = await registerAt(node.url, 'bob');
  const group = await ann.group('the two', [bob]);
  const reader = await testBed.client(node, bob);
  // Two devices of the same user: each keeps its own order, whatever is deferred.
  const [one, two] = [await testBed.client(node, ann), await testBed.client(node, ann)];
  const sent = numbers(40).flatMap((body) =>
    [one, two].map((writer, w) => writer.client.post(group, `${w} ${body}`).settled),
  );
  await Promise.all(sent);
  const bodies = () =>
    reader.events.flatMap((e) => (e.type === 'message.posted' ? [e.data.body] : []));
  await until(() => bodies().length === 80, 'all messages');
  for (const w of [0, 1]) {
    const own = bodies().filter((body) => body.startsWith(`${w} `));
    expect(own).toEqual(numbers(40).map((body) => `${w} ${body}`));
  }
});
