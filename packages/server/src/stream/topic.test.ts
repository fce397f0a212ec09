import type { AccountId, Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT_VISIBILITY } from '../event-types/event-visibility.ts';
import type { StoredEvent } from './record.ts';
import { type Sink, Subscription, type SubscriptionStart } from './subscription.ts';
import { encodeChunk } from './tail.ts';
import { Topic } from './topic.ts';

const stream = '01890000-0000-7000-8000-000000000001' as StreamId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;
const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const at = (seq: number) => seq as Seq;

/** A socket of bob’s; `seqs` are the seqs written to it. */
class Socket implements Sink {
  readonly account = bob;
  congested = false;
  readonly seqs: number[] = [];
  readonly personalSeqs: number[] = [];
  readonly woken: Subscription[] = [];
  write(frames: Buffer): void {
    for (const [, seq] of frames.toString('utf8').matchAll(/"seq":(\d+)/g)) {
      this.seqs.push(Number(seq));
    }
  }
  wake(subscription: Subscription): void {
    this.woken.push(subscription);
  }
  personal(events: readonly StoredEvent[]): void {
    // Called after the events were written.
    expect(this.seqs.slice(-events.length)).toEqual(events.map((e) => e.seq));
    this.personalSeqs.push(...events.map((e) => e.seq));
  }
}

const event = (seq: number, type: StoredEvent['type'], data: object): StoredEvent => ({
  stream,
  seq: at(seq),
  type,
  actor: ann,
  client: null,
  at: '2026-01-01T00:00:00.000Z',
  data: JSON.stringify(data),
});
const said = (seq: number) => event(seq, 'message.posted', { body: 'x' });
const left = (seq: number) => event(seq, 'member.left', { account: bob });
const joined = (seq: number) => event(seq, 'member.joined', { account: bob, role: 'member' });

/**
 * Bob at 5; the hello already knows that he left at 6 and rejoined at 9. The topic’s head is still
 * 5.
 */
function aSubscription(sent: number, skips: { after: Seq; to: Seq }[]) {
  const socket = new Socket();
  const topic = new Topic(stream, at(5), EVENT_VISIBILITY);
  const subscription = new Subscription(stream, socket, { cursor: at(sent), floor: at(8), skips });
  topic.add(subscription);
  return { socket, topic, subscription };
}

describe('an earlier membership period', () => {
  test('sends an earlier membership period to its end, and nothing in between', () => {
    const { socket, topic, subscription } = aSubscription(5, [{ after: at(6), to: at(8) }]);
    topic.advance([left(6), said(7), said(8), joined(9)]);
    expect(socket.seqs).toEqual([6]);
    expect(subscription).toMatchObject({ cursor: 8, last: null, ended: false });
    expect(socket.woken.map((s) => s === subscription)).toEqual([true]);
  });

  test('an earlier membership period does not end a subscription of the current one, whose start the topic has not reached', () => {
    const { socket, topic, subscription } = aSubscription(8, []);
    topic.advance([left(6), said(7)]);
    expect(socket.seqs).toEqual([]);
    expect(subscription).toMatchObject({ cursor: 8, last: null, ended: false });
  });
});

test('the end of the current membership period ends its subscription', () => {
  const socket = new Socket();
  const topic = new Topic(stream, at(5), EVENT_VISIBILITY);
  const subscription = new Subscription(stream, socket, { cursor: at(5) });
  topic.add(subscription);
  topic.advance([said(6), left(7), said(8)]);
  expect(socket.seqs).toEqual([6, 7]);
  expect(subscription).toMatchObject({ last: 7, ended: true });
});

test('the events after one that ends a membership are sent once', () => {
  const socket = new Socket();
  const topic = new Topic(stream, at(5), EVENT_VISIBILITY);
  topic.add(new Subscription(stream, socket, { cursor: at(5) }));
  const left = (seq: number) => event(seq, 'member.left', { account: ann });
  topic.advance([left(6), said(7)]);
  topic.advance([said(8), left(9), said(10)]);
  expect(socket.seqs).toEqual([6, 7, 8, 9, 10]);
});

test('a subscription is live only at the head, as a member, on a socket that is not congested', () => {
  const socket = new Socket();
  const topic = new Topic(stream, at(5), EVENT_VISIBILITY);
  const isLive = (sent: number, last: number | null, congested = false) => {
    const sink: Sink = {
      account: bob,
      congested,
      write: (frames) => socket.write(frames),
      wake: () => undefined,
      personal: () => undefined,
    };
    const subscription = new Subscription(stream, sink, {
      cursor: at(sent),
      last: last === null ? null : at(last),
    });
    topic.add(subscription);
    expect(topic.live.has(subscription)).toBe(!topic.behind.has(subscription));
    return topic.live.has(subscription);
  };
  expect(isLive(5, null)).toBe(true);
  expect(isLive(4, null)).toBe(false);
  expect(isLive(5, null, true)).toBe(false);
  // Removed at a seq that has not been published yet: it receives nothing after it.
  expect(isLive(5, 5)).toBe(false);
  expect(isLive(5, 6)).toBe(false);
  topic.advance([said(6)]);
  expect(socket.seqs).toEqual([6]);
});

test('events in memory are not replayed after one that redacts them', () => {
  const topic = new Topic(stream, at(0), EVENT_VISIBILITY);
  topic.advance([said(1), said(2)]);
  expect(topic.recent(at(0), at(2))?.last).toBe(2);
  topic.advance([said(3), event(4, 'message.deleted', { target: 1 })]);
  expect(topic.recent(at(0), at(4))).toBeNull();
  topic.advance([said(5)]);
  expect(topic.recent(at(4), at(5))?.last).toBe(5);
});

describe('a replay', () => {
  /** A subscription of bob at 0, to a topic at head 4. */
  function behind(start: Partial<SubscriptionStart> = {}) {
    const socket = new Socket();
    const topic = new Topic(stream, at(4), EVENT_VISIBILITY);
    const subscription = new Subscription(stream, socket, { cursor: at(0), ...start });
    topic.add(subscription);
    return { socket, topic, subscription };
  }

  test('a replay that reaches the head on an uncongested socket makes the subscription live', () => {
    const { socket, topic, subscription } = behind();
    topic.replay(subscription, encodeChunk([said(1), said(2)]));
    expect([topic.live.size, topic.behind.size]).toEqual([0, 1]);
    socket.congested = true;
    topic.replay(subscription, encodeChunk([said(3), said(4)]));
    expect([topic.live.size, topic.behind.size]).toEqual([0, 1]);
    socket.congested = false;
    topic.settle(subscription);
    expect([topic.live.size, topic.behind.size]).toEqual([1, 0]);
    expect(socket).toMatchObject({ seqs: [1, 2, 3, 4], personalSeqs: [] });
  });

  test('a replay ends with the last event that the account may see, even if only the events say so', () => {
    for (const start of [{}, { last: at(2) }]) {
      const { socket, topic, subscription } = behind({ ...start, isPersonal: true });
      topic.replay(subscription, encodeChunk([said(1), left(2), said(3), said(4)]));
      expect(socket).toMatchObject({ seqs: [1, 2], personalSeqs: [1, 2] });
      expect(subscription).toMatchObject({ cursor: 2, last: 2, ended: true });
      expect(topic.live.size).toBe(0);
    }
  });

  test('a replay ends with its membership period, even if the end of a later one was published first', () => {
    const { socket, topic, subscription } = behind();
    topic.advance([joined(5), left(6)]);
    topic.replay(subscription, encodeChunk([said(1), left(2), said(3), said(4)]));
    expect(socket.seqs).toEqual([1, 2]);
    expect(subscription).toMatchObject({ cursor: 2, last: 2, ended: true });
  });

  test('a replay continues past the end of an earlier membership period', () => {
    const { socket, topic, subscription } = behind({ floor: at(2) });
    topic.replay(subscription, encodeChunk([said(1), left(2), joined(3), said(4)]));
    expect(socket.seqs).toEqual([1, 2, 3, 4]);
    expect(subscription.last).toBeNull();
    expect(topic.live.has(subscription)).toBe(true);
  });

  test('a replay does nothing for a removed subscription', () => {
    const { socket, topic, subscription } = behind();
    expect([topic.empty, topic.has(subscription)]).toEqual([false, true]);
    topic.remove(subscription);
    topic.replay(subscription, encodeChunk([said(1)]));
    topic.settle(subscription);
    topic.rewind(subscription, at(0));
    expect([topic.empty, topic.has(subscription)]).toEqual([true, false]);
    expect(socket.seqs).toEqual([]);
  });
});

test('a rewind moves a live subscription to behind, and a removal ends it', () => {
  const socket = new Socket();
  const topic = new Topic(stream, at(5), EVENT_VISIBILITY);
  const subscription = new Subscription(stream, socket, { cursor: at(5) });
  topic.add(subscription);
  topic.rewind(subscription, at(3));
  expect([topic.live.size, topic.behind.size]).toEqual([0, 1]);
  topic.replay(subscription, encodeChunk([said(4), said(5)]));
  expect([topic.live.size, topic.behind.size]).toEqual([1, 0]);
  topic.remove(subscription);
  topic.advance([said(6)]);
  expect([topic.empty, topic.head, socket.seqs]).toEqual([true, 6, [4, 5]]);
});

test('a congested socket continues from its cursor when it drains', () => {
  const socket = new Socket();
  const topic = new Topic(stream, at(5), EVENT_VISIBILITY);
  const subscription = new Subscription(stream, socket, { cursor: at(5), isPersonal: true });
  topic.add(subscription);
  topic.advance([said(6)]);
  socket.congested = true;
  topic.advance([said(7)]);
  expect(socket).toMatchObject({ seqs: [6], personalSeqs: [6], woken: [subscription] });
  expect(topic.behind.has(subscription)).toBe(true);
  expect(topic.live.has(subscription)).toBe(false);
});

test('a client ahead of the head is live when the head reaches its cursor', () => {
  const socket = new Socket();
  const topic = new Topic(stream, at(5), EVENT_VISIBILITY);
  const subscription = new Subscription(stream, socket, { cursor: at(7) });
  topic.add(subscription);
  topic.advance([said(6)]);
  expect(topic.live.has(subscription)).toBe(false);
  topic.advance([said(7)]);
  expect(topic.live.has(subscription)).toBe(true);
  topic.advance([said(8)]);
  expect(socket.seqs).toEqual([8]);
});

test('the deletion of a conversation ends all subscriptions, those behind included', () => {
  const sockets = [new Socket(), new Socket()];
  const topic = new Topic(stream, at(5), EVENT_VISIBILITY);
  const subscriptions = sockets.map(
    (socket, n) => new Subscription(stream, socket, { cursor: at(5 - n) }),
  );
  for (const each of subscriptions) topic.add(each);
  topic.advance([said(6), event(7, 'conversation.deleted', {}), said(8)]);
  expect(sockets.map(({ seqs }) => seqs)).toEqual([[6, 7], []]);
  expect(subscriptions.map(({ last, ended }) => [last, ended])).toEqual([
    [7, true],
    [7, false],
  ]);
  expect(sockets.map(({ woken }) => woken.length)).toEqual([1, 1]);
  expect([topic.live.size, topic.behind.size]).toEqual([0, 2]);
});

test('subscriptions with congested sockets receive each event once, in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean(), fc.boolean()), {
        maxLength: 40,
      }),
      (rounds) => {
        const topic = new Topic(stream, at(0), EVENT_VISIBILITY);
        const sockets = [0, 1].map(() => {
          const seqs: number[] = [];
          const sink = {
            account: bob,
            congested: false,
            write: (frames: Buffer) => {
              expect(sink.congested).toBe(false);
              for (const [, seq] of frames.toString('utf8').matchAll(/"seq":(\d+)/g)) {
                seqs.push(Number(seq));
              }
            },
            wake: () => undefined,
            personal: () => undefined,
          };
          const subscription = new Subscription(stream, sink, { cursor: at(0) });
          topic.add(subscription);
          return { sink, seqs, subscription };
        });
        const catchUp = () => {
          for (const { sink, subscription } of sockets) {
            while (!sink.congested && topic.behind.has(subscription)) {
              const chunk = topic.recent(subscription.cursor, topic.head);
              if (chunk) {
                sink.write(chunk.frames);
                subscription.advance(chunk.last);
              }
              topic.add(subscription);
            }
          }
        };
        for (const [count, ...congested] of rounds) {
          for (const [i, { sink }] of sockets.entries()) sink.congested = congested[i] as boolean;
          catchUp();
          const { head } = topic;
          topic.advance(Array.from({ length: count }, (_, n) => said(head + 1 + n)));
          for (const { sink, subscription } of sockets) {
            expect(topic.live.has(subscription)).toBe(!sink.congested);
          }
        }
        for (const { sink } of sockets) sink.congested = false;
        catchUp();
        for (const { seqs } of sockets) {
          expect(seqs).toEqual(Array.from({ length: topic.head }, (_, n) => n + 1));
        }
      },
    ),
    { numRuns: 300 },
  );
});
