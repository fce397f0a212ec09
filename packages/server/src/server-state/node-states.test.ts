import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { testLog } from '../../test/support/test-log.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { NodeMessageHandler } from '../stream/broker.ts';
import { NodeStates, type NodeStatesDeps } from './node-states.ts';

const stops: (() => void)[] = [];
beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
  vi.useRealTimers();
});

/** Starts nodes whose brokers deliver every message at once to all others. */
function nodesNamed(...names: string[]) {
  const handlers = new Map<string, NodeMessageHandler>();
  return names.map((node) => {
    const broker: NodeStatesDeps['broker'] = {
      node,
      status: 'connected',
      lagMs: 2,
      sendNodeMessage: (_to, _kind, body) => {
        for (const [name, handle] of handlers) if (name !== node) handle(body, node, null);
      },
      onNodeMessage: (_kind, handle) => void handlers.set(node, handle),
    };
    const states = new NodeStates({
      broker,
      metrics: new Metrics(),
      pool: { totalCount: 3, idleCount: 2, waitingCount: 0 },
      log: testLog,
      sockets: () => ({ live: 4, replaying: 1 }),
      figures: () => ({ accounts: 2, congested: 0, buffered: 10 }),
    });
    stops.push(() => states.stop());
    return {
      states,
      send: (body: string) => broker.sendNodeMessage(null, '', body),
      stop: () => states.stop(),
    };
  });
}

const names = (states: NodeStates) => states.all().map(({ node }) => node);

describe('the states of the nodes', () => {
  test('list this node first, and the others once they have reported', () => {
    const [b, a, c] = nodesNamed('b', 'a', 'c');
    expect(names(b?.states as NodeStates)).toEqual(['b']);
    vi.advanceTimersByTime(5_000);
    expect(names(b?.states as NodeStates)).toEqual(['b', 'a', 'c']);
    expect(names(c?.states as NodeStates)).toEqual(['c', 'a', 'b']);
    expect(a?.states.all()[0]).toMatchObject({
      sockets: { open: 4, catchingUp: 1, congested: 0 },
      database: { busy: 1, idle: 2, waiting: 0 },
      brokerRoundTripMs: 2,
    });
  });

  test('drop a node that has stopped', () => {
    const [a, b] = nodesNamed('a', 'b');
    vi.advanceTimersByTime(5_000);
    b?.stop();
    vi.advanceTimersByTime(19_000);
    expect(names(a?.states as NodeStates)).toEqual(['a', 'b']);
    vi.advanceTimersByTime(2_000);
    expect(names(a?.states as NodeStates)).toEqual(['a']);
  });

  test('ignore invalid messages', () => {
    const [a, b] = nodesNamed('a', 'b');
    for (const body of ['', '{', '[]', '{"node":"b"}']) b?.send(body);
    expect(names(a?.states as NodeStates)).toEqual(['a']);
  });
});
