import { streamOfConversation } from '@parley/protocol';
import { expect, test } from 'vitest';
import { registerAt } from '../support/server.ts';
import { until } from '../support/sink.ts';
import { seqsFrom, TestBed } from './test-bed.ts';

const testBed = new TestBed();

// The SDK fills a gap that a server leaves between replay and live events by requesting it, so the
// test checks that nothing had to be requested.

test('messages sent between replay and live leave no gap, 40 times (B8)', async () => {
  const node = await testBed.node(await testBed.cluster.fresh());
  const ann = await registerAt(node.url, 'ann');
  const bob = await registerAt(node.url, 'bob');
  const group = await ann.group('the two', [bob]);
  const writer = await testBed.client(node, ann);
  const reader = await testBed.client(node, bob);
  const start = reader.at(group);

  for (let round = 0; round < 40; round++) {
    await reader.cut();
    // Messages arrive from before its hello until after its live: some are replayed, some are live, and
    // some are committed while the server switches from one to the other.
    const sent: Promise<unknown>[] = [];
    while (reader.client.state !== 'live') {
      sent.push(writer.client.post(group, `round ${round}, ${reader.client.state}`).settled);
      await new Promise((resolve) => setTimeout(resolve, round % 4));
    }
    sent.push(writer.client.post(group, `round ${round}, live`).settled);
    await Promise.all(sent);
  }

  await until(() => reader.at(group) === writer.at(group), 'all events');
  expect(reader.seqs(group)).toEqual(seqsFrom(start + 1, writer.at(group)));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0, resets: 0 });
});

test('joining, leaving and joining in quick succession subscribes once (B24)', async () => {
  const node = await testBed.node(await testBed.cluster.fresh());
  const ann = await registerAt(node.url, 'ann');
  const bob = await registerAt(node.url, 'bob');
  const group = await ann.group('open', [], 'public');
  const writer = await testBed.client(node, ann);
  const reader = await testBed.client(node, bob);

  for (let round = 0; round < 10; round++) {
    const posting = (async () => {
      for (let n = 0; n < 6; n++) await writer.client.post(group, `${round} ${n}`).settled;
    })();
    await reader.api.join(group);
    await reader.api.leave(group);
    await reader.api.join(group);
    await posting;
    if (round < 9) await reader.api.leave(group);
  }
  await until(() => reader.at(group) === writer.at(group), 'all events');

  // Each seq once, in order; those missing were posted while bob was not a member.
  const got = reader.seqs(group);
  expect(got).toEqual([...new Set(got)].sort((a, b) => a - b));
  const { items } = await reader.api.events(streamOfConversation(group), { after: 0 as never });
  let member = false;
  const covered = items.filter((e) => {
    if (e.type === 'member.joined' && e.data.account === bob.id) member = true;
    const covers = member;
    if (e.type === 'member.left' && e.data.account === bob.id) member = false;
    return covers;
  });
  expect(got).toEqual(covered.map((e) => e.seq));
  expect(reader.client.counters).toMatchObject({ gapFills: 0, duplicates: 0 });
});
