import { type AccountId, type SessionId, type StreamId, streamOfAccount } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testLog } from '../../test/support/test-log.ts';
import type { Broker, BrokerStatus, NodeMessageHandler } from '../stream/broker.ts';
import { NodeMessages } from './node-messages.ts';
import { PresenceBoard } from './presence.ts';

const ann = '01890000-0000-7000-8000-00000000000a' as AccountId;
const bob = '01890000-0000-7000-8000-00000000000b' as AccountId;

const stops: (() => void)[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.useRealTimers();
});

/** Brokers that deliver at once, or not at all while the connection of one is cut. */
class Network {
  readonly #brokers: NetworkBroker[] = [];
  /** What was sent: the node, where to, the kind. */
  readonly sent: [node: string, to: StreamId | null, kind: string][] = [];

  join(node: string): NetworkBroker {
    const broker = new NetworkBroker(node, this);
    this.#brokers.push(broker);
    return broker;
  }

  send(from: NetworkBroker, to: StreamId | null, kind: string, body: string): void {
    this.sent.push([from.node, to, kind]);
    if (from.isCut) return;
    for (const broker of this.#brokers) {
      if (broker !== from && !broker.isCut) broker.handlers.get(kind)?.(body, from.node, to);
    }
  }

  /** Returns what was sent since the last call, as `node kind`. */
  take(): string[] {
    return this.sent.splice(0).map(([node, , kind]) => `${node} ${kind}`);
  }
}

class NetworkBroker implements Broker {
  readonly node: string;
  readonly #network: Network;
  status: BrokerStatus = 'connected';
  isCut = false;
  readonly counters = { sent: 0, received: 0, dropped: 0, connections: 0 };
  readonly lagMs = null;
  readonly handlers = new Map<string, NodeMessageHandler>();

  constructor(node: string, network: Network) {
    this.node = node;
    this.#network = network;
  }
  start(): void {}
  subscribe(): void {}
  unsubscribe(): void {}
  publish(): void {}
  sendNodeMessage(to: StreamId | null, kind: string, body: string): void {
    this.#network.send(this, to, kind, body);
  }
  onNodeMessage(kind: string, handler: NodeMessageHandler): void {
    this.handlers.set(kind, handler);
  }
  async stop(): Promise<void> {}
}

function aNode(network: Network, name: string) {
  const broker = network.join(name);
  const handled: unknown[][] = [];
  const board = new PresenceBoard(
    () => undefined,
    (changes) => messages.sendPresence(changes),
  );
  const record =
    (kind: string) =>
    (...args: unknown[]) =>
      void handled.push([kind, ...args]);
  const messages = new NodeMessages(
    broker,
    board,
    {
      read: record('read'),
      draft: record('draft'),
      activity: record('activity'),
      threadRead: record('thread-read'),
      reports: record('reports'),
      sessionEnded: record('session-ended'),
    },
    testLog,
  );
  stops.push(() => {
    messages.stop();
    board.stop();
  });
  return { broker, board, messages, handled };
}
/** Lets batched changes be reported. */
const report = () => vi.advanceTimersByTime(500);

test('read cursors and drafts go to the nodes of their account, the rest to all', () => {
  const network = new Network();
  const [one, two] = [aNode(network, 'one'), aNode(network, 'two')];
  const move = { version: 1 } as never;
  one.messages.sendRead(ann, move);
  one.messages.sendDraft(ann, move);
  one.messages.sendThreadRead(ann, move);
  one.messages.sendSessionEnded('s1' as SessionId);
  one.messages.sendReports([ann, bob]);
  expect(two.handled).toEqual([
    ['read', ann, move],
    ['draft', ann, move],
    ['thread-read', ann, move],
    ['session-ended', 's1'],
    ['reports', [ann, bob]],
  ]);
  expect(one.handled).toEqual([]);
  expect(network.sent.map(([, to]) => to)).toEqual([
    ...Array(3).fill(streamOfAccount(ann)),
    null,
    null,
  ]);
});

test('a node without others sends nothing', () => {
  const network = new Network();
  const { broker, board, messages } = aNode(network, 'one');
  broker.status = 'standalone';
  board.set(ann, {}, 'active');
  messages.sendSessionEnded('s1' as SessionId);
  vi.advanceTimersByTime(10_000);
  messages.stop();
  expect(network.sent).toEqual([]);
});

test('a message that cannot be read is ignored', () => {
  const network = new Network();
  const { broker, handled } = aNode(network, 'one');
  for (const body of ['', '{', 'null']) {
    for (const [kind, handle] of broker.handlers)
      if (kind !== 'session-ended') handle(body, 'x', null);
  }
  broker.handlers.get('session-ended')?.('"s1"', 'x', null);
  expect(handled).toEqual([['session-ended', 's1']]);
});

describe('presences', () => {
  test('the presence of an account is the best of all nodes', () => {
    const network = new Network();
    const [one, two, three] = [
      aNode(network, 'one'),
      aNode(network, 'two'),
      aNode(network, 'three'),
    ];
    const connection = {};
    one.board.set(ann, connection, 'idle');
    two.board.set(ann, {}, 'idle');
    vi.advanceTimersByTime(5_000);
    expect(three.board.stateOf(ann)).toBe('idle');
    one.board.set(ann, connection, 'active');
    vi.advanceTimersByTime(1_000);
    expect([two, three].map((node) => node.board.stateOf(ann))).toEqual(['active', 'active']);
    one.board.remove(ann, connection);
    vi.advanceTimersByTime(5_000);
    expect(three.board.stateOf(ann)).toBe('idle');
  });

  test('presences are known to a node that starts later, and its own to earlier ones', () => {
    const network = new Network();
    const one = aNode(network, 'one');
    one.board.set(ann, {}, 'active');
    report();
    const two = aNode(network, 'two');
    two.board.set(bob, {}, 'active');
    // The next heartbeat.
    vi.advanceTimersByTime(3_500);
    expect([one.board.stateOf(bob), two.board.stateOf(ann)]).toEqual(['active', 'active']);
  });

  test('a lost change of presences causes a request for the full list', () => {
    const network = new Network();
    const [one, two] = [aNode(network, 'one'), aNode(network, 'two')];
    vi.advanceTimersByTime(6_000);
    one.broker.isCut = true;
    one.board.set(ann, {}, 'active');
    report();
    one.broker.isCut = false;
    expect(two.board.stateOf(ann)).toBe('offline');
    network.take();
    vi.advanceTimersByTime(3_500);
    expect(network.take()).toEqual(
      expect.arrayContaining(['two presence-missed', 'one presences']),
    );
    expect(two.board.stateOf(ann)).toBe('active');
    // From now on, nothing is missing.
    vi.advanceTimersByTime(6_000);
    expect(network.take().filter((m) => m !== 'one presence' && m !== 'two presence')).toEqual([]);
  });

  test('presences that are missing from the full list have ended', () => {
    const network = new Network();
    const [one, two] = [aNode(network, 'one'), aNode(network, 'two')];
    const connection = {};
    one.board.set(ann, connection, 'active');
    vi.advanceTimersByTime(6_000);
    expect(two.board.stateOf(ann)).toBe('active');
    one.broker.isCut = true;
    one.board.remove(ann, connection);
    vi.advanceTimersByTime(5_000);
    one.broker.isCut = false;
    expect(two.board.stateOf(ann)).toBe('active');
    vi.advanceTimersByTime(4_000);
    expect(two.board.stateOf(ann)).toBe('offline');
  });

  test('the full list of presences is sent at most every half second', () => {
    const network = new Network();
    const one = aNode(network, 'one');
    const request = () => one.broker.handlers.get('presence-missed')?.('"one"', 'two', null);
    vi.advanceTimersByTime(10_000);
    network.take();
    for (let n = 0; n < 5; n++) request();
    expect(network.take()).toEqual(['one presences']);
    vi.advanceTimersByTime(499);
    request();
    expect(network.take()).toEqual([]);
    vi.advanceTimersByTime(1);
    request();
    expect(network.take()).toEqual(['one presences']);
    vi.advanceTimersByTime(500);
    one.broker.handlers.get('presence-missed')?.('"another"', 'two', null);
    expect(network.take()).toEqual([]);
  });

  test('presences of a node end when it announces its stop', () => {
    const network = new Network();
    const [one, two] = [aNode(network, 'one'), aNode(network, 'two')];
    const connection = {};
    one.board.set(ann, connection, 'active');
    vi.advanceTimersByTime(6_000);
    expect(two.board.stateOf(ann)).toBe('active');
    one.messages.stop();
    report();
    expect(two.board.stateOf(ann)).toBe('offline');
    network.take();
    // Its sockets are closed after that. Neither they nor a request for its presences make it known again.
    const three = aNode(network, 'three');
    one.board.remove(ann, connection);
    one.broker.handlers.get('presence-missed')?.('"one"', 'two', null);
    one.board.set(bob, {}, 'active');
    vi.advanceTimersByTime(6_000);
    expect(network.take().filter((sent) => sent.startsWith('one '))).toEqual([]);
    expect([two, three].map(({ board }) => board.stateOf(ann))).toEqual(['offline', 'offline']);
  });

  test('presences of a silent node end after ten seconds', () => {
    const network = new Network();
    const [one, two] = [aNode(network, 'one'), aNode(network, 'two')];
    one.board.set(ann, {}, 'active');
    vi.advanceTimersByTime(6_000);
    one.broker.isCut = true;
    vi.advanceTimersByTime(9_000);
    expect(two.board.stateOf(ann)).toBe('active');
    vi.advanceTimersByTime(4_500);
    expect(two.board.stateOf(ann)).toBe('offline');
  });

  test('presences do not time out while the broker is disconnected', () => {
    const network = new Network();
    const [one, two] = [aNode(network, 'one'), aNode(network, 'two')];
    one.board.set(ann, {}, 'active');
    vi.advanceTimersByTime(6_000);
    for (const { broker } of [one, two]) {
      broker.isCut = true;
      broker.status = 'disconnected';
    }
    vi.advanceTimersByTime(30_000);
    expect(two.board.stateOf(ann)).toBe('active');
    for (const { broker } of [one, two]) broker.status = 'connected';
    one.broker.isCut = true;
    two.broker.isCut = false;
    vi.advanceTimersByTime(9_000);
    expect(two.board.stateOf(ann)).toBe('active');
    vi.advanceTimersByTime(5_000);
    expect(two.board.stateOf(ann)).toBe('offline');
  });
});
