import type { StreamId } from '@parley/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Logger } from '../runtime/log.ts';
import { RedisBroker } from './broker-redis.ts';

// With Redis: broker-redis.db.

// The clock is the test’s; the sockets are real.
beforeEach(
  () => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }),
);
afterEach(() => void vi.useRealTimers());

const stream = '01890000-0000-7000-8000-000000000001' as StreamId;

test('without Redis a broker is disconnected, drops all messages, and logs one warning', async () => {
  const warnings: unknown[] = [];
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (w: unknown) => warnings.push(w),
  };
  // Nothing listens on this port.
  const broker = new RedisBroker('redis://127.0.0.1:1', 'test', log as unknown as Logger);
  const heard = { receive: vi.fn(), hint: vi.fn(), listening: vi.fn(), connected: vi.fn() };
  broker.start(heard);
  broker.subscribe(stream);
  vi.advanceTimersByTime(2_000);
  expect(warnings).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(warnings).toHaveLength(1);
  broker.publish(stream, []);
  broker.sendNodeMessage(null, 'kind', 'body');
  broker.sendNodeMessage(stream, 'kind', 'body');
  broker.unsubscribe(stream);
  expect(broker).toMatchObject({
    status: 'disconnected',
    lagMs: null,
    counters: { sent: 0, received: 0, dropped: 3, connections: 0 },
  });
  await broker.stop();
  for (const call of Object.values(heard)) expect(call).not.toHaveBeenCalled();
});

test('two brokers have different names', () => {
  const log = { debug: () => undefined } as unknown as Logger;
  const names = [1, 2].map(() => new RedisBroker('redis://127.0.0.1:1', 'test', log).node);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{12}$/);
  expect(new Set(names).size).toBe(2);
});
