import type { AccountId, ClientId, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeferredCommands } from './deferred-commands.ts';

const command = (n: number, actor = 'ann', stream = 'general') => ({
  actor: actor as AccountId,
  stream: stream as StreamId,
  clientId: `c${n}` as ClientId,
});

/** Deferred commands on a clock of the test. */
function deferredCommands(max?: number) {
  const clock = { now: 0 };
  return { clock, deferred: new DeferredCommands(() => clock.now, max) };
}

describe('deferred commands', () => {
  test('a deferred command blocks later ones of the same sender and stream, and no others', () => {
    const { deferred } = deferredCommands();
    const places = [1, 2, 3].map((n) => deferred.orderOf(command(n)));
    deferred.defer(command(2), places[1] as number, 'disk_full');

    expect(deferred.ahead(command(1), places[0] as number)).toBeNull();
    expect(deferred.ahead(command(2), places[1] as number)).toBeNull();
    expect(deferred.ahead(command(3), places[2] as number)).toMatchObject({
      clientId: 'c2',
      code: 'disk_full',
    });
    for (const other of [command(3, 'ben'), command(3, 'ann', 'random')]) {
      expect(deferred.ahead(other, deferred.orderOf(other))).toBeNull();
    }
  });

  test('a deferred command keeps the place of its first copy, even if a second one arrived before it was deferred', () => {
    const { deferred } = deferredCommands();
    const [first, second] = [1, 2].map((n) => deferred.orderOf(command(n))) as [number, number];
    // The client has reconnected and sent both again.
    const [again, secondAgain] = [1, 2].map((n) => deferred.orderOf(command(n))) as [
      number,
      number,
    ];
    deferred.defer(command(1), first, 'disk_full');
    deferred.defer(command(2), second, 'disk_full');
    expect(deferred.ahead(command(1), again)).toBeNull();
    deferred.defer(command(1), again, 'disk_full');
    expect(deferred.orderOf(command(1))).toBe(first);
    expect(deferred.ahead(command(2), secondAgain)).toMatchObject({ clientId: 'c1' });
    expect(deferred.ahead(command(1), deferred.orderOf(command(1)))).toBeNull();
    // It is executed, and fails again.
    expect(deferred.resume(command(1), again)).toBe(first);
    expect(deferred.resume(command(1), again)).toBe(again);
  });

  test('a deferred command blocks later ones until 5 s after it was last deferred', () => {
    const { clock, deferred } = deferredCommands();
    const first = deferred.orderOf(command(1));
    const second = deferred.orderOf(command(2));
    deferred.defer(command(1), first, 'overloaded');
    clock.now = 4_000;
    deferred.defer(command(1), first, 'overloaded');
    clock.now = 9_000;
    expect(deferred.ahead(command(2), second)).not.toBeNull();
    clock.now = 9_001;
    expect(deferred.ahead(command(2), second)).toBeNull();
    expect(deferred.size).toBe(0);
  });

  test('a deferred command blocks later ones for the full time, even after another command was let through', () => {
    const { clock, deferred } = deferredCommands();
    const [first, second] = [1, 2].map((n) => deferred.orderOf(command(n))) as [number, number];
    deferred.defer(command(2), second, 'disk_full');
    clock.now = 5_000;
    expect(deferred.ahead(command(1), first)).toBeNull();
    deferred.defer(command(4, 'ben'), 9, 'overloaded');
    expect(deferred.ahead(command(3), deferred.orderOf(command(3)))).toMatchObject({
      clientId: 'c2',
    });
  });

  test('a deferred command keeps its place after 5 s while a later one is still blocked', () => {
    const { clock, deferred } = deferredCommands();
    const first = deferred.orderOf(command(1));
    deferred.defer(command(1), first, 'disk_full');
    clock.now = 4_900;
    const second = deferred.orderOf(command(2));
    expect(deferred.ahead(command(2), second)).not.toBeNull();
    deferred.defer(command(2), second, 'disk_full');
    clock.now = 6_500;
    // Another command triggers the removal of expired ones.
    deferred.defer(command(3, 'ben'), 3, 'overloaded');

    const again = deferred.orderOf(command(1));
    expect(deferred.ahead(command(1), again)).toBeNull();
    deferred.resume(command(1), again);
    expect(deferred.ahead(command(2), deferred.orderOf(command(2)))).toBeNull();
  });

  test('an expired deferred command that keeps its place blocks nothing', () => {
    const { clock, deferred } = deferredCommands();
    const [first, second] = [1, 2].map((n) => deferred.orderOf(command(n))) as [number, number];
    deferred.defer(command(1), first, 'disk_full');
    deferred.defer(command(2), second, 'disk_full');
    clock.now = 4_000;
    deferred.defer(command(2), second, 'disk_full');
    clock.now = 5_001;
    expect(deferred.ahead(command(2), second)).toBeNull();
    clock.now = 9_001;
    expect(deferred.ahead(command(3), deferred.orderOf(command(3)))).toBeNull();
    expect(deferred.size).toBe(0);
  });

  test('the number of deferred commands is bounded, and expired ones are dropped without a retry', () => {
    const { clock, deferred } = deferredCommands(3);
    for (const n of [1, 2, 3, 4]) deferred.defer(command(n, `a${n}`), n, 'overloaded');
    expect(deferred.size).toBe(3);
    clock.now = 6_000;
    deferred.defer(command(5), 5, 'overloaded');
    expect(deferred.size).toBe(1);
  });

  test('a sender that retries in order is executed in order, whatever was deferred', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 1, max: 8 }),
        // Whether an attempt to execute a command fails for now.
        fc.infiniteStream(fc.boolean()),
        (count, capacity, failures) => {
          const { deferred } = deferredCommands();
          const done: number[] = [];
          let open = Array.from({ length: count }, (_, n) => n);
          const queue: { n: number; order: number }[] = [];
          let attempts = 0;
          const carryOut = ({ n, order: arrived }: { n: number; order: number }): boolean => {
            if (deferred.ahead(command(n), arrived)) {
              deferred.defer(command(n), arrived, 'overloaded');
              return false;
            }
            const order = deferred.resume(command(n), arrived);
            if (attempts++ < 200 && failures.next().value) {
              deferred.defer(command(n), order, 'unavailable');
              return false;
            }
            done.push(n);
            return true;
          };
          for (let rounds = 0; open.length > 0; rounds++) {
            expect(rounds).toBeLessThan(1_000);
            for (const n of open) {
              const order = deferred.orderOf(command(n));
              if (queue.length >= capacity) deferred.defer(command(n), order, 'overloaded');
              else queue.push({ n, order });
            }
            for (const item of queue.splice(0)) {
              if (carryOut(item)) open = open.filter((n) => n !== item.n);
            }
          }
          expect(done).toEqual(Array.from({ length: count }, (_, n) => n));
          expect(deferred.size).toBe(0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
