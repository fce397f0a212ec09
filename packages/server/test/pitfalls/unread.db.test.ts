import type { ConversationId } from '@parley/protocol';
import { expect, test } from 'vitest';
import { until } from '../support/sink.ts';
import { type RecordingClient, TestBed } from './test-bed.ts';

const testBed = new TestBed();

/** Silence is noticed soon. */
const LIMITS = { pingMs: 1_000, silenceMs: 3_000 };

const unread = (recording: RecordingClient, group: ConversationId) =>
  recording.client.snapshot.conversations.get(group)?.unread;

test('unread marks are correct when a connection dies without closing (B20)', async () => {
  const { node, ann, bob, group } = await testBed.talk({ limits: LIMITS });
  const network = await testBed.network(node);
  const phone = await testBed.client(network, bob);
  const writer = await testBed.client(node, ann);
  await writer.client.post(group, 'one').settled;
  await until(() => unread(phone, group) === 1, 'the first mark');

  // From here on no byte passes in either direction, and neither side sees a close.
  network.set({ swallowUp: true, swallowDown: true });
  await writer.client.post(group, 'two').settled;
  const third = await writer.client.post(group, 'three').settled;
  // All but the last are read on another device meanwhile.
  const laptop = await testBed.client(node, bob);
  expect(unread(laptop, group)).toBe(3);
  await laptop.client.read(group, (third.seq - 1) as typeof third.seq).settled;
  expect(unread(phone, group)).toBe(1);

  // The phone notices the dead connection on its own and reconnects.
  await until(() => phone.client.counters.connects === 2, 'the phone to come back', 20_000);
  await phone.live();
  await until(() => unread(phone, group) === 1, 'one unread message');
  expect(phone.client.snapshot.conversations.get(group)?.readSeq).toBe(third.seq - 1);
  expect(unread(laptop, group)).toBe(1);
  // It continues to work: one mark appears, another disappears.
  const fourth = await writer.client.post(group, 'four').settled;
  await until(() => unread(phone, group) === 2 && unread(laptop, group) === 2, 'two unread');
  await phone.client.read(group, fourth.seq).settled;
  await until(() => unread(phone, group) === 0 && unread(laptop, group) === 0, 'none unread');
});

test('a connection that dies only in the direction of the client loses no mark and no message', async () => {
  const { node, ann, bob, group } = await testBed.talk({ limits: LIMITS });
  const network = await testBed.network(node);
  const phone = await testBed.client(network, bob);
  const writer = await testBed.client(node, ann);

  // The server believes that it delivers.
  network.set({ swallowDown: true });
  for (let n = 0; n < 5; n++) await writer.client.post(group, `number ${n}`).settled;
  await until(() => phone.client.counters.connects === 2, 'the phone to come back', 20_000);
  await until(() => phone.at(group) === writer.at(group), 'all events');
  expect(unread(phone, group)).toBe(5);
  expect(phone.seqs(group)).toEqual(writer.seqs(group).slice(-5));
});

test('a read cursor whose connection dies is sent again and moves nothing back (B26)', async () => {
  const { node, ann, bob, group } = await testBed.talk({ limits: LIMITS });
  const network = await testBed.network(node);
  const phone = await testBed.client(network, bob);
  const laptop = await testBed.client(node, bob);
  const writer = await testBed.client(node, ann);
  const acks = [];
  for (let n = 0; n < 4; n++) acks.push(await writer.client.post(group, `number ${n}`).settled);
  const [, second, , fourth] = acks.map((a) => a.seq);
  await until(() => unread(phone, group) === 4, 'four unread');

  network.set({ swallowUp: true, swallowDown: true });
  const told = phone.client.read(group, second as never).settled;
  // The other device is further while the first one’s frame is in flight.
  await laptop.client.read(group, fourth as never).settled;
  await told;
  await until(() => unread(phone, group) === 0 && unread(laptop, group) === 0, 'none unread');
  expect(phone.client.snapshot.conversations.get(group)?.readSeq).toBe(fourth);
});

test('drafts are the same on all devices, also after a lost connection', async () => {
  const { node, bob, group } = await testBed.talk({ limits: LIMITS });
  const network = await testBed.network(node);
  const phone = await testBed.client(network, bob);
  const laptop = await testBed.client(node, bob);
  const bodyOn = (device: RecordingClient) =>
    device.client.drafts.get({ conversation: group })?.body ?? null;
  await Promise.all([phone.client.drafts.load(), laptop.client.drafts.load()]);

  await laptop.client.api.saveDraft({ conversation: group }, 'half a sentence');
  await until(() => bodyOn(phone) === 'half a sentence', 'the draft on the phone');
  network.set({ swallowUp: true, swallowDown: true });
  const { version } = await laptop.client.api.saveDraft(
    { conversation: group },
    'a whole sentence',
  );
  await until(() => phone.client.counters.connects === 2, 'the phone to come back', 20_000);
  await until(() => bodyOn(phone) === 'a whole sentence', 'the newer draft on the phone', 60_000);
  await phone.client.api.deleteDraft({ conversation: group }, version);
  await until(() => bodyOn(laptop) === null && bodyOn(phone) === null, 'the draft to be gone');
});
