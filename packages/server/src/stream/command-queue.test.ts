import type { StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CommandQueue, type Queueable } from './command-queue.ts';

interface Numbered extends Queueable {
  readonly n: number;
}

const command = (n: number, ...streams: string[]): Numbered => ({
  n,
  streams: streams as StreamId[],
  bytes: 10,
});
const numbers = (batch: readonly Numbered[]) => batch.map(({ n }) => n);
const queueOf = (...commands: Numbered[]) => {
  const queue = new CommandQueue<Numbered>({ commands: 256, bytes: 1_000 });
  for (const each of commands) queue.push(each);
  return queue;
};

describe('a queue of commands', () => {
  test('puts commands of all streams into one batch, in the order of their arrival', () => {
    const queue = queueOf(command(1, 'a'), command(2, 'b'), command(3, 'a'));
    expect(numbers(queue.take())).toEqual([1, 2, 3]);
    expect(queue.length).toBe(0);
    expect(queue.take()).toEqual([]);
  });

  test('keeps a stream in one batch at a time', () => {
    const queue = queueOf(command(1, 'a'));
    const first = queue.take();
    queue.push(command(2, 'a'));
    queue.push(command(3, 'b'));
    expect(numbers(queue.take())).toEqual([3]);
    queue.release(first);
    expect(numbers(queue.take())).toEqual([2]);
  });

  test('lets no command overtake an earlier one with which it shares a stream', () => {
    const queue = queueOf(command(1, 'a'));
    queue.take();
    // 2 waits for the stream a; 3 has to wait for 2, although its own stream is free.
    queue.push(command(2, 'a', 'b'));
    queue.push(command(3, 'b'));
    queue.push(command(4, 'c'));
    expect(numbers(queue.take())).toEqual([4]);
  });

  test('keeps a waiting command before those that a full batch leaves behind', () => {
    const queue = new CommandQueue<Numbered>({ commands: 1, bytes: 1_000 });
    queue.push(command(1, 'a'));
    const first = queue.take();
    queue.push(command(2, 'a'));
    queue.push(command(3, 'b'));
    queue.push(command(4, 'a'));
    expect(numbers(queue.take())).toEqual([3]);
    queue.release(first);
    expect(numbers(queue.take())).toEqual([2]);
  });

  test('ends a batch at its limits, but never takes an empty one', () => {
    const queue = new CommandQueue<Numbered>({ commands: 3, bytes: 25 });
    for (let n = 1; n <= 4; n++) queue.push(command(n, 'a'));
    const first = queue.take();
    expect(numbers(first)).toEqual([1, 2]);
    queue.release(first);
    const exact = new CommandQueue<Numbered>({ commands: 9, bytes: 20 });
    for (let n = 1; n <= 4; n++) exact.push(command(n, 'a'));
    expect(numbers(exact.take())).toEqual([1, 2]);
    const small = new CommandQueue<Numbered>({ commands: 3, bytes: 5 });
    small.push(command(1, 'a'));
    expect(numbers(small.take())).toEqual([1]);
    const short = new CommandQueue<Numbered>({ commands: 3, bytes: 1_000 });
    for (let n = 1; n <= 4; n++) short.push(command(n, 'a'));
    expect(numbers(short.take())).toEqual([1, 2, 3]);
  });
});

test('in any order of arrivals and releases: each command once, streams in order and in one batch at a time', () => {
  const streams = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), {
    minLength: 1,
    maxLength: 3,
  });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('push' as const), streams }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('release' as const), which: fc.nat(3) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new CommandQueue<Numbered>({ commands: 4, bytes: 1_000 });
      const inProgress: Numbered[][] = [];
      const taken: Numbered[] = [];
      let pushed = 0;
      const take = () => {
        const batch = queue.take();
        const held = inProgress.flat().flatMap((c) => c.streams);
        for (const c of batch) for (const stream of c.streams) expect(held).not.toContain(stream);
        if (batch.length > 0) inProgress.push(batch);
        taken.push(...batch);
      };
      for (const each of steps) {
        if (each.kind === 'push') queue.push(command(pushed++, ...each.streams));
        else if (each.kind === 'take') take();
        else {
          const [batch] = inProgress.splice(each.which % Math.max(1, inProgress.length), 1);
          if (batch) queue.release(batch);
        }
      }
      for (const batch of inProgress.splice(0)) queue.release(batch);
      while (queue.length > 0) {
        take();
        queue.release(inProgress.pop() ?? []);
      }
      expect(numbers(taken).sort((a, b) => a - b)).toEqual([...Array(pushed).keys()]);
      for (const stream of ['a', 'b', 'c', 'd'] as StreamId[]) {
        const order = numbers(taken.filter((c) => c.streams.includes(stream)));
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
    }),
  );
});
