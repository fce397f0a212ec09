import type { AccountId, Seq, StreamId } from '@parley/protocol';
import { expect, test, vi } from 'vitest';
import { EventLog } from '../../test/support/event-log.ts';
import { RecordingSink, until } from '../../test/support/sink.ts';
import { testLog } from '../../test/support/test-log.ts';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import {
  type Broker,
  type BrokerListener,
  LocalBroker,
  type NodeMessageHandler,
} from './broker.ts';
import { Hub } from './hub.ts';
import type { StoredEvent } from './record.ts';
import { Subscription } from './subscription.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;
const stream = '01890000-0000-7000-8000-000000000001' as StreamId;
const other = '01890000-0000-7000-8000-000000000002' as StreamId;

/** A broker to a node simulated by the test. */
class ToTest implements Broker {
  readonly node = 'node';
  readonly status = 'connected';
  readonly counters = { sent: 0, received: 0, dropped: 0, connections: 0 };
  readonly lagMs = null;
  readonly calls: unknown[][] = [];
  readonly handlers = new Map<string, NodeMessageHandler>();
  listener: BrokerListener | null = null;

  start(listener: BrokerListener): void {
    this.listener = listener;
  }
  subscribe(of: StreamId): void {
    this.calls.push(['subscribe', of]);
  }
  unsubscribe(of: StreamId): void {
    this.calls.push(['unsubscribe', of]);
  }
  publish(of: StreamId, events: readonly StoredEvent[]): void {
    this.calls.push(['publish', of, events.map((e) => e.seq)]);
  }
  sendNodeMessage(to: StreamId | null, kind: string, body: string): void {
    this.calls.push(['sendNodeMessage', to, kind, body]);
  }
  onNodeMessage(kind: string, handler: NodeMessageHandler): void {
    this.handlers.set(kind, handler);
  }
  async stop(): Promise<void> {}
}

/** Also records frames that are not events. */
class Socket extends RecordingSink {
  readonly texts: string[] = [];
  override write(frames: Buffer): void {
    if (frames.includes('"op":"event"')) super.write(frames);
    else this.texts.push(frames.subarray(2).toString('utf8'));
  }
}

function aHub(broker: Broker = new ToTest()) {
  const log = new EventLog();
  const hub = new Hub({ reader: log, log: testLog, visibility: EVENT_VISIBILITY, broker });
  const post = (to = stream) =>
    log.append(to, { type: 'message.posted', data: { body: 'text' }, actor: ann });
  const subscribe = (account: AccountId, to = stream, cursor = 0) => {
    const sink = new Socket(hub, account);
    const subscription = new Subscription(to, sink, { cursor: cursor as Seq });
    hub.subscribe(subscription, log.head(to));
    return { sink, subscription };
  };
  return { log, hub, post, subscribe };
}

test('the events of a stream are published to its subscriptions and to the other nodes', () => {
  const broker = new ToTest();
  const { hub, post, subscribe } = aHub(broker);
  const [one, two] = [subscribe(ann), subscribe(bob, other)];
  hub.publish([post(), post(other), post(), post(other), post()]);
  hub.publish([post(other)]);
  expect(one.sink.seqs).toEqual([1, 2, 3]);
  expect(two.sink.seqs).toEqual([1, 2, 3]);
  expect(broker.calls).toEqual([
    ['subscribe', stream],
    ['subscribe', other],
    ['publish', stream, [1, 2, 3]],
    ['publish', other, [1, 2]],
    ['publish', other, [3]],
  ]);
});

test('a topic exists from its first subscription to its last', () => {
  const broker = new ToTest();
  const { hub, subscribe } = aHub(broker);
  const [one, two] = [subscribe(ann), subscribe(bob)];
  expect([hub.streams, hub.topic(stream)?.live.size]).toEqual([1, 2]);
  hub.unsubscribe(one.subscription);
  expect([hub.streams, broker.calls.length]).toEqual([1, 1]);
  hub.unsubscribe(two.subscription);
  hub.unsubscribe(two.subscription);
  expect([hub.streams, hub.topic(stream)]).toEqual([0, undefined]);
  expect(broker.calls).toEqual([
    ['subscribe', stream],
    ['unsubscribe', stream],
  ]);
});

test('a signal reaches the subscriptions of its stream, except its account and congested sockets', () => {
  const broker = new ToTest();
  const { hub, log, post, subscribe } = aHub(broker);
  post();
  const sockets = {
    own: subscribe(ann, stream, 1).sink,
    live: subscribe(bob, stream, 1).sink,
    behind: subscribe(bob).sink,
    congested: subscribe(bob, stream, 1).sink,
    elsewhere: subscribe(bob, other).sink,
  };
  sockets.congested.setCongested(true);
  const heard = () => Object.entries(sockets).flatMap(([name, { texts }]) => texts.map(() => name));
  hub.signal(stream, '{"op":"typing"}', ann);
  expect(heard()).toEqual(['live', 'behind']);
  expect(sockets.live.texts).toEqual(['{"op":"typing"}']);
  expect(broker.calls.at(-1)).toEqual([
    'sendNodeMessage',
    stream,
    'signal',
    `${ann} {"op":"typing"}`,
  ]);
  expect(log.head(stream)).toBe(1);

  // From another node.
  const take = broker.handlers.get('signal');
  take?.(`${bob} {"op":"receipt"}`, 'another', stream);
  expect(sockets.own.texts).toEqual(['{"op":"receipt"}']);
  take?.(`${bob} {"op":"receipt"}`, 'another', null);
  take?.(`${bob} {"op":"receipt"}`, 'another', '01890000-0000-7000-8000-000000000003' as StreamId);
  expect(heard()).toEqual(['own', 'live', 'behind']);
});

test('what other nodes committed is received: ranges, heads, and what was missed', async () => {
  const broker = new ToTest();
  const { hub, post, subscribe, log } = aHub(broker);
  const { sink } = subscribe(bob);
  await until(() => log.headReads.length === 1, 'the check of the new topic');
  hub.start();
  // The regular comparison would find all of them.
  hub.stop();
  broker.listener?.receive(stream, [post()]);
  expect(sink.seqs).toEqual([1]);
  post();
  broker.listener?.hint(stream, 2 as Seq);
  await until(() => sink.seqs.length === 2, 'the event of the hint');
  post();
  broker.listener?.listening([other, stream]);
  await until(() => sink.seqs.length === 3, 'the event before the subscription to the channel');
  expect(hub.counters).toEqual({ fills: 0, repairs: 0, late: 0 });
  post();
  broker.listener?.connected();
  await until(() => sink.seqs.length === 4, 'the event that was missed');
  expect(hub.counters).toEqual({ fills: 0, repairs: 1, late: 0 });
});

test('a range behind a gap is held only if other nodes may send its start', async () => {
  for (const broker of [new ToTest(), new LocalBroker()]) {
    const { hub, log, post, subscribe } = aHub(broker);
    const { sink } = subscribe(bob);
    await until(() => log.headReads.length === 1, 'the check of the new topic');
    post();
    hub.publish([post()]);
    expect(log.reads.length).toBe(broker instanceof LocalBroker ? 1 : 0);
    await until(() => sink.seqs.length === 2, 'both events');
    expect(hub.counters).toEqual({ fills: 1, repairs: 0, late: 0 });
  }
});

test('a topic without subscriptions does not read what it had held', async () => {
  const { hub, log, post, subscribe } = aHub();
  const { subscription } = subscribe(bob);
  await until(() => log.headReads.length === 1, 'the check of the new topic');
  const reader = vi.spyOn(log, 'readEvents');
  post();
  vi.useFakeTimers();
  try {
    hub.publish([post()]);
    hub.unsubscribe(subscription);
    vi.runAllTimers();
  } finally {
    vi.useRealTimers();
  }
  expect(reader).not.toHaveBeenCalled();
  expect(hub.counters).toEqual({ fills: 0, repairs: 0, late: 0 });
});

test('a comparison repairs no topic whose last subscription ends meanwhile', async () => {
  const { hub, log, post, subscribe } = aHub();
  const { subscription } = subscribe(bob);
  await until(() => log.headReads.length === 1, 'the check of the new topic');
  post();
  const compared = hub.compareHeads();
  await until(() => log.headReads.length === 2, 'the comparison');
  hub.unsubscribe(subscription);
  await compared;
  expect(hub.counters).toEqual({ fills: 0, repairs: 0, late: 0 });
});

test('what arrives during a gap fill waits for its end', async () => {
  const { hub, post, subscribe } = aHub();
  const { sink } = subscribe(bob);
  post();
  post();
  await hub.fetch(stream, 2 as Seq);
  expect(sink.seqs).toEqual([1, 2]);
  await hub.fetch(other, 2 as Seq);
});

test('compares the heads regularly between its start and its stop', async () => {
  const { hub, post, subscribe, log } = aHub();
  const { sink } = subscribe(bob);
  await until(() => log.headReads.length === 1, 'the check of the new topic');
  post();
  hub.start();
  // No hint has announced it.
  await until(() => sink.seqs.length === 1, 'the event');
  hub.stop();
});

test.each([
  ['standalone', 2_000],
  ['connected', 1_500],
  ['disconnected', 1_000],
] as const)('compares the heads with a %s broker every %d ms', async (status, interval) => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const { hub, subscribe, log } = aHub(Object.assign(new ToTest(), { status }));
    subscribe(bob);
    // The check of the new topic.
    await new Promise((resolve) => setImmediate(resolve));
    const before = log.headReads.length;
    hub.start();
    vi.advanceTimersByTime(interval - 1);
    expect(log.headReads).toHaveLength(before);
    vi.advanceTimersByTime(1);
    expect(log.headReads).toHaveLength(before + 1);
    hub.stop();
  } finally {
    vi.useRealTimers();
  }
});
