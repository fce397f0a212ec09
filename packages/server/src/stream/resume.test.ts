import type { AccountId, Seq, StreamId } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { testLog } from '../../test/support/database.ts';
import { EventLog } from '../../test/support/event-log.ts';
import { RecordingSink } from '../../test/support/sink.ts';
import { upTo } from '../../test/support/stream-builders.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import { Hub } from './hub.ts';
import { Subscription, type SubscriptionStart } from './subscription.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;
const stream = '01890000-0000-7000-8000-000000000001' as StreamId;
const other = '01890000-0000-7000-8000-000000000002' as StreamId;
const at = (seq: number) => seq as Seq;

// Only timers: reads and turns of the event loop are real.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Runs everything that needs no timers: reads, and the turns after them. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A node on a log in which ann has posted, and a socket of bob. */
function aNode(posts: number) {
  const log = new EventLog();
  const hub = new Hub({ reader: log, log: testLog, visibility: EVENT_VISIBILITY });
  const sink = new RecordingSink(hub, bob);
  const post = (to = stream, body = 'text') =>
    log.append(to, { type: 'message.posted', data: { body }, actor: ann });
  const leave = () =>
    log.append(stream, { type: 'member.left', data: { account: bob }, actor: bob });
  for (let n = 0; n < posts; n++) post();
  const subscribe = (start: SubscriptionStart, head: number, to = stream) => {
    const subscription = new Subscription(to, sink, start);
    hub.subscribe(subscription, at(head));
    return subscription;
  };
  return { log, hub, sink, post, leave, subscribe };
}

test('each seq after the cursor is sent once and in order, and then the subscription is live', async () => {
  const { hub, sink, post, subscribe, log } = aNode(950);
  const subscription = subscribe({ cursor: at(120) }, 950);
  await settle();
  expect(sink.seqs).toEqual(upTo(950).slice(120));
  expect(log.reads.length).toBeGreaterThan(8);
  expect(hub.topic(stream)?.live.has(subscription)).toBe(true);
  hub.publish([post()]);
  expect(sink.seqs.at(-1)).toBe(951);
});

test('fewer events are read at a time if they are long, and more if they are short', async () => {
  const { sink, post, subscribe, log } = aNode(0);
  for (let n = 0; n < 60; n++) post(stream, 'long'.repeat(10_000));
  for (let n = 0; n < 300; n++) post();
  subscribe({ cursor: at(0) }, 360);
  await settle();
  expect(sink.seqs).toEqual(upTo(360));
  const sizes = log.reads.map(({ after, upTo: end }) => end - after);
  // Only the first read returned more than was used.
  expect(sizes[0]).toBe(100);
  expect(Math.max(...sizes.slice(1, 15))).toBeLessThan(10);
  expect(Math.max(...sizes.slice(1))).toBe(100);
});

test('what was published while a page was read is not split', async () => {
  const { hub, sink, post, subscribe, log } = aNode(250);
  // At each read, three more events are committed and published.
  log.onRead = () => {
    for (let n = 0; n < 3 && log.head(stream) < 260; n++) hub.publish([post()]);
  };
  subscribe({ cursor: at(0) }, 250);
  await settle();
  expect(sink.seqs).toEqual(upTo(log.head(stream)));
});

test('nothing is sent while the socket is congested', async () => {
  const { sink, subscribe, log } = aNode(300);
  sink.setCongested(true);
  subscribe({ cursor: at(0) }, 300);
  await settle();
  expect(sink.seqs).toEqual([]);
  expect(log.reads.filter((r) => r.after === 0 && r.upTo > 0)).toEqual([]);
  // Drained for one page only.
  const write = sink.write.bind(sink);
  sink.write = (frames) => {
    expect(sink.congested).toBe(false);
    write(frames);
    sink.setCongested(true);
  };
  sink.setCongested(false);
  await settle();
  expect(sink.seqs).toEqual(upTo(100));
  for (let n = 0; n < 5; n++) {
    sink.setCongested(false);
    await settle();
  }
  expect(sink.seqs).toEqual(upTo(300));
});

test('replays streams in turn, page by page', async () => {
  const { sink, post, subscribe } = aNode(500);
  post(other);
  subscribe({ cursor: at(0) }, 500);
  subscribe({ cursor: at(0) }, 1, other);
  await settle();
  const order = sink.received.map((event) => event.stream);
  // The short stream does not wait for the long one.
  expect(order.indexOf(other)).toBe(100);
  expect(order.length).toBe(501);
});

test('a subscription is live in the turn in which its cursor reaches the head', async () => {
  const { hub, sink, subscribe } = aNode(150);
  const subscription = subscribe({ cursor: at(0) }, 150);
  const topic = hub.topic(stream);
  const states: [Seq, boolean][] = [];
  const write = sink.write.bind(sink);
  sink.write = (frames) => {
    write(frames);
    // After the code that writes has returned to its caller.
    queueMicrotask(() =>
      states.push([subscription.cursor, topic?.live.has(subscription) ?? false]),
    );
  };
  await settle();
  expect(states).toEqual([
    [100, false],
    [150, true],
  ]);
});

test('a rewind while a page is read discards the page', async () => {
  const { hub, sink, subscribe, log } = aNode(400);
  const subscription = subscribe({ cursor: at(200) }, 400);
  let reads = 0;
  log.onRead = () => {
    // The second page is being read: 201 … 300 were sent.
    if (++reads === 2) hub.topic(stream)?.rewind(subscription, at(210));
  };
  await settle();
  expect(sink.seqs).toEqual([...upTo(300).slice(200), ...upTo(400).slice(210)]);
});

test('a subscription ends at the last event that the account may see', async () => {
  const { hub, sink, post, leave, subscribe } = aNode(120);
  leave();
  for (let n = 0; n < 30; n++) post();
  subscribe({ cursor: at(0) }, 151);
  await settle();
  expect(sink.seqs).toEqual(upTo(121));
  expect(sink.endedStreams).toEqual([stream]);
  expect(hub.streams).toBe(0);
});

test('what was published between two membership periods is skipped', async () => {
  const { sink, subscribe } = aNode(260);
  subscribe({ cursor: at(0), skips: [{ after: at(40), to: at(180) }], floor: at(180) }, 260);
  await settle();
  expect(sink.seqs).toEqual([...upTo(40), ...upTo(260).slice(180)]);
});

test('a membership that ended at an event that this node has not published yet ends there', async () => {
  const { hub, sink, leave, post, subscribe } = aNode(5);
  const current = subscribe({ cursor: at(5) }, 5);
  await settle();
  // Committed by another node, whose hint was lost; the hello has read it from the database.
  leave();
  post();
  subscribe({ cursor: at(5), last: at(6) }, 6);
  await settle();
  expect(sink.seqs.filter((seq) => seq === 7)).toEqual([]);
  expect(sink.endedStreams.length).toBe(2);
  expect(hub.topic(stream)?.has(current) ?? false).toBe(false);
});

test('a subscription is not live before it has what its hello read, though no hint announced it', async () => {
  const { hub, sink, post, subscribe, log } = aNode(5);
  subscribe({ cursor: at(5) }, 5);
  await settle();
  // Committed by another node, whose hint was lost.
  post();
  log.failures = 1;
  const late = subscribe({ cursor: at(5), awaited: at(6) }, 6);
  await settle();
  expect(hub.topic(stream)?.live.has(late)).toBe(false);
  expect(sink.resume.idle).toBe(false);
  await vi.advanceTimersByTimeAsync(500);
  await settle();
  // To both subscriptions of the socket.
  expect(sink.seqs).toEqual([6, 6]);
  expect(hub.topic(stream)?.live.has(late)).toBe(true);
  expect(sink.resume.idle).toBe(true);
});

test('a failed read is retried, and nothing is sent twice', async () => {
  const { sink, subscribe, log } = aNode(250);
  subscribe({ cursor: at(0) }, 250);
  let reads = 0;
  log.onRead = () => {
    if (++reads === 2) log.failures = 1;
  };
  await settle();
  expect(sink.seqs).toEqual(upTo(100));
  await vi.advanceTimersByTimeAsync(500);
  await settle();
  expect(sink.seqs).toEqual(upTo(250));
});

test('a subscription that was removed while a page was read is not added again', async () => {
  const { hub, sink, subscribe, log } = aNode(50);
  const subscription = subscribe({ cursor: at(0) }, 50);
  log.onRead = () => hub.unsubscribe(subscription);
  await settle();
  expect(sink.seqs).toEqual([]);
  expect(hub.streams).toBe(0);
});

test('a socket that was closed while a page was read receives nothing', async () => {
  const { sink, subscribe, log } = aNode(50);
  subscribe({ cursor: at(0) }, 50);
  log.onRead = () => sink.close();
  await settle();
  expect(sink.seqs).toEqual([]);
});

test('sockets at the same cursor share the reads of a page', async () => {
  const { hub, log } = aNode(250);
  const sinks = upTo(20).map(() => new RecordingSink(hub, bob));
  for (const each of sinks) {
    hub.subscribe(new Subscription(stream, each, { cursor: at(0) }), at(250));
  }
  await settle();
  for (const { seqs } of sinks) expect(seqs).toEqual(upTo(250));
  expect(log.reads.map(({ after }) => after)).toEqual([0, 100, 200]);
});

test('a page is not shared after an event was published, which may have redacted it', async () => {
  const { hub, sink, log, post, subscribe } = aNode(50);
  const late = new RecordingSink(hub, bob);
  let reads = 0;
  log.onRead = () => {
    if (++reads > 1) return;
    hub.publish([post()]);
    hub.subscribe(new Subscription(stream, late, { cursor: at(0) }), at(51));
    // The read does not return before the second one is requested.
    return settle();
  };
  subscribe({ cursor: at(0) }, 50);
  await settle();
  await settle();
  expect(log.reads.filter(({ after }) => after === 0)).toHaveLength(2);
  expect(sink.seqs).toEqual(upTo(51));
  expect(late.seqs).toEqual(upTo(51));
});

test('a failed read is repeated for every socket that shared it', async () => {
  const { hub, log } = aNode(50);
  const sinks = upTo(3).map(() => new RecordingSink(hub, bob));
  let reads = 0;
  log.onRead = () => {
    if (++reads === 1) log.failures = 1;
  };
  for (const each of sinks) {
    hub.subscribe(new Subscription(stream, each, { cursor: at(0) }), at(50));
  }
  await settle();
  for (const { seqs } of sinks) expect(seqs).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  await settle();
  for (const { seqs } of sinks) expect(seqs).toEqual(upTo(50));
});
