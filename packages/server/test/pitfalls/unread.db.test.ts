import type { ConversationId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { registerAt } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { TestNodes, type Watched } from './test-nodes.ts';

const testNodes = new TestNodes();

/** Silence is noticed soon. */
const LIMITS = { pingMs: 1_000, silenceMs: 3_000 };

async function aTalk() {
  const node = await testNodes.node(await testNodes.cluster.fresh(), { limits: LIMITS });
  const ann = await registerAt(node.url, 'ann');
  const bob = await registerAt(node.url, 'bob');
  const group = await ann.group('the two', [bob]);
  return { node, ann, bob, group };
}

const unread = (watched: Watched, group: ConversationId) =>
  watched.client.snapshot.conversations.get(group)?.unread;

test('unread marks are right when a connection dies without closing (B20)', async () => {
  const { node, ann, bob, group } = await aTalk();
  const network = await testNodes.network(node);
  const phone = await testNodes.client(network, bob);
  const writer = await testNodes.client(node, ann);
  await writer.client.post(group, 'one').settled;
  await until(() => unread(phone, group) === 1, 'the first mark');

  // From here on nothing comes through in either direction, and no end is told.
  network.set({ swallowUp: true, swallowDown: true });
  await writer.client.post(group, 'two').settled;
  const third = await writer.client.post(group, 'three').settled;
  // Read on another device meanwhile, all but the last.
  const laptop = await testNodes.client(node, bob);
  expect(unread(laptop, group)).toBe(3);
  await laptop.client.read(group, (third.seq - 1) as typeof third.seq).settled;
  expect(unread(phone, group)).toBe(1);

  // The phone notices by itself that nobody is there, and comes back.
  await until(() => phone.client.counters.connects === 2, 'the phone to come back', 20_000);
  await phone.live();
  await until(() => unread(phone, group) === 1, 'one unread message');
  expect(phone.client.snapshot.conversations.get(group)?.readSeq).toBe(third.seq - 1);
  expect(unread(laptop, group)).toBe(1);
  // And it goes on: a mark that comes, a mark that goes.
  const fourth = await writer.client.post(group, 'four').settled;
  await until(() => unread(phone, group) === 2 && unread(laptop, group) === 2, 'two unread');
  await phone.client.read(group, fourth.seq).settled;
  await until(() => unread(phone, group) === 0 && unread(laptop, group) === 0, 'none unread');
});

test('a connection that dies only towards the client loses no mark and no message', async () => {
  const { node, ann, bob, group } = await aTalk();
  const network = await testNodes.network(node);
  const phone = await testNodes.client(network, bob);
  const writer = await testNodes.client(node, ann);

  // The server believes that it delivers.
  network.set({ swallowDown: true });
  for (let n = 0; n < 5; n++) await writer.client.post(group, `number ${n}`).settled;
  await until(() => phone.client.counters.connects === 2, 'the phone to come back', 20_000);
  await until(() => phone.at(group) === writer.at(group), 'all events');
  expect(unread(phone, group)).toBe(5);
  expect(phone.seqs(group)).toEqual(writer.seqs(group).slice(-5));
});

test('a reading whose connection dies is told again, and moves nothing back (B26)', async () => {
  const { node, ann, bob, group } = await aTalk();
  const network = await testNodes.network(node);
  const phone = await testNodes.client(network, bob);
  const laptop = await testNodes.client(node, bob);
  const writer = await testNodes.client(node, ann);
  const acks = [];
  for (let n = 0; n < 4; n++) acks.push(await writer.client.post(group, `number ${n}`).settled);
  const [, second, , fourth] = acks.map((a) => a.seq);
  await until(() => unread(phone, group) === 4, 'four unread');

  network.set({ swallowUp: true, swallowDown: true });
  const told = phone.client.read(group, second as never).settled;
  // The other device is further, while the first one’s word is on its way.
  await laptop.client.read(group, fourth as never).settled;
  await told;
  await until(() => unread(phone, group) === 0 && unread(laptop, group) === 0, 'none unread');
  expect(phone.client.snapshot.conversations.get(group)?.readSeq).toBe(fourth);
});
