import { type ClientId, type DurableCommand, ERRORS, isRetryable } from '@parley/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OutboxEntry } from '../storage/store.ts';
import { Outbox } from './outbox.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** An outbox on a connection that is controlled by the test. */
function anOutbox(random = 0) {
  const sent: string[] = [];
  const wire = { open: true, generation: 1, resent: 0 };
  const outbox = new Outbox({
    send: (text) => {
      if (wire.open) sent.push((JSON.parse(text) as { id: string }).id);
      return wire.open;
    },
    generation: () => wire.generation,
    random: () => random,
    resent: () => {
      wire.resent++;
    },
  });
  return { outbox, sent, wire };
}

function entry(id: string, conversation = 'c', order = 0): OutboxEntry {
  const command = { op: 'post', id, conversation, body: id } as unknown as DurableCommand;
  return { id: id as ClientId, order, command, createdAt: 0, state: 'pending', owner: 'tab' };
}

function aMark(name: string, seq: number, conversation = 'c'): OutboxEntry {
  const command = { op: 'read', id: name, conversation, seq } as unknown as DurableCommand;
  return { ...entry(name, conversation), command };
}

const RETRYABLE = (Object.keys(ERRORS) as (keyof typeof ERRORS)[]).filter(isRetryable);
const NO_LIMIT = { commands: 0, commandWindowMs: 10_000 };
const id = (text: string) => text as ClientId;

describe('the outbox', () => {
  test('1. sends in order, and in the same order again on a new socket (B3, B26)', () => {
    const { outbox, sent, wire } = anOutbox();
    outbox.connected(NO_LIMIT);
    for (const name of ['a', 'b', 'c']) outbox.add(entry(name));
    expect(sent).toEqual(['a', 'b', 'c']);
    outbox.settle(id('b'));
    outbox.disconnected();
    outbox.add(entry('d'));
    wire.generation++;
    outbox.connected(NO_LIMIT);
    expect(sent).toEqual(['a', 'b', 'c', 'a', 'c', 'd']);
    expect(wire.resent).toBe(2);
  });

  test('1. entries of a previous process go before those created while they were read', () => {
    const { outbox, sent } = anOutbox();
    outbox.add(entry('new', 'c', 5));
    outbox.add(entry('newer', 'c', 6));
    outbox.add(entry('old', 'c', 1));
    outbox.add(entry('older', 'c', 2));
    outbox.connected(NO_LIMIT);
    expect(sent).toEqual(['old', 'older', 'new', 'newer']);
    expect(outbox.entries.map((e) => e.id)).toEqual(['old', 'older', 'new', 'newer']);
  });

  test('2. a command without an answer is sent again with the same id', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected(NO_LIMIT);
    outbox.add(entry('a'));
    vi.advanceTimersByTime(9_000);
    expect(sent).toEqual(['a']);
    vi.advanceTimersByTime(2_000);
    expect(sent).toEqual(['a', 'a']);
    outbox.settle(id('a'));
    vi.advanceTimersByTime(60_000);
    expect(sent).toEqual(['a', 'a']);
  });

  test('3. while one is deferred, no later one of its conversation is sent', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected(NO_LIMIT);
    outbox.add(entry('a'));
    expect(outbox.refused(id('a'), { code: 'overloaded', retryAfter: 2 })).toBe(true);
    outbox.add(entry('b'));
    outbox.add(entry('x', 'other'));
    expect(sent).toEqual(['a', 'x']);
    vi.advanceTimersByTime(3_000);
    expect(sent).toEqual(['a', 'x', 'a', 'b']);
  });

  test('a permanent refusal is not retried', () => {
    const { outbox } = anOutbox();
    outbox.connected(NO_LIMIT);
    outbox.add(entry('a'));
    expect(outbox.refused(id('a'), { code: 'conversation_not_found' })).toBe(false);
  });

  test('4. stays within the rate that the server reported', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected({ commands: 30, commandWindowMs: 10_000 });
    for (let n = 0; n < 40; n++) outbox.add(entry(`${n}`));
    expect(sent).toHaveLength(24);
    vi.advanceTimersByTime(5_000);
    expect(sent.length).toBeGreaterThan(30);
    vi.advanceTimersByTime(5_000);
    expect(sent).toEqual(Array.from({ length: 40 }, (_, n) => `${n}`));
  });

  test('5. read marks are sent rarely, only the latest of them, and delay nothing else', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected(NO_LIMIT);
    const mark = (name: string, seq: number) => {
      const made = aMark(name, seq);
      const overtaken = outbox.overtaken(made.command).map((e) => e.id);
      outbox.add(made);
      return overtaken;
    };
    expect(mark('r1', 1)).toEqual([]);
    expect(mark('r2', 2)).toEqual([]);
    expect(mark('r3', 3)).toEqual(['r2']);
    outbox.add(entry('a'));
    expect(sent).toEqual(['r1', 'a']);
    vi.advanceTimersByTime(1_100);
    expect(sent).toEqual(['r1', 'a', 'r3']);
    // One in flight is not withdrawn, and marks of other conversations are independent.
    expect(mark('r4', 4)).toEqual([]);
    expect(outbox.overtaken(aMark('d1', 9, 'd').command)).toEqual([]);
    expect(outbox.has(id('r3'))).toBe(true);
  });

  test.each(RETRYABLE)(
    '3. %s is retried: the same command is sent again after retryAfter',
    (code) => {
      const { outbox, sent } = anOutbox();
      outbox.connected(NO_LIMIT);
      outbox.add(entry('a'));
      expect(outbox.refused(id('a'), { code, retryAfter: 5 })).toBe(true);
      vi.advanceTimersByTime(4_900);
      expect(sent).toEqual(['a']);
      vi.advanceTimersByTime(200);
      expect(sent).toEqual(['a', 'a']);
    },
  );

  test('of another account delays nothing', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected(NO_LIMIT);
    outbox.add(aMark('r1', 1));
    outbox.add({ ...entry('a'), order: 7 });
    outbox.refused(id('a'), { code: 'overloaded', retryAfter: 100 });
    outbox.clear();
    expect([outbox.entries, outbox.has(id('a'))]).toEqual([[], false]);
    outbox.add(aMark('r2', 1));
    outbox.add(entry('b'));
    expect(sent).toEqual(['r1', 'a', 'r2', 'b']);
  });

  test('3. waits a second if the server specifies no delay', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected(NO_LIMIT);
    outbox.add(entry('a'));
    outbox.refused(id('a'), { code: 'overloaded' });
    vi.advanceTimersByTime(900);
    expect(sent).toEqual(['a']);
    vi.advanceTimersByTime(200);
    expect(sent).toEqual(['a', 'a']);
  });

  test('3. adds up to a second, so that clients refused together do not retry together', () => {
    const { outbox, sent } = anOutbox(0.5);
    outbox.connected(NO_LIMIT);
    outbox.add(entry('a'));
    outbox.refused(id('a'), { code: 'overloaded', retryAfter: 2 });
    vi.advanceTimersByTime(2_400);
    expect(sent).toEqual(['a']);
    vi.advanceTimersByTime(200);
    expect(sent).toEqual(['a', 'a']);
  });

  test('ignores a refusal of a command that is not its own', () => {
    const { outbox } = anOutbox();
    outbox.connected(NO_LIMIT);
    expect(outbox.refused(id('x'), { code: 'overloaded' })).toBe(false);
    expect(outbox.settle(id('x'))).toBeNull();
  });

  test('a new socket does not wait for what the previous one deferred', () => {
    const { outbox, sent, wire } = anOutbox();
    outbox.connected(NO_LIMIT);
    outbox.add(entry('a'));
    outbox.refused(id('a'), { code: 'shutting_down', retryAfter: 60 });
    outbox.disconnected();
    vi.advanceTimersByTime(1_000);
    expect(sent).toEqual(['a']);
    wire.generation++;
    outbox.connected(NO_LIMIT);
    expect(sent).toEqual(['a', 'a']);
  });

  test('at most 256 commands are in flight; each answer releases the next one', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected(NO_LIMIT);
    for (let n = 0; n < 300; n++) outbox.add(entry(`${n}`));
    expect(sent).toHaveLength(256);
    outbox.settle(id('0'));
    expect(sent).toHaveLength(257);
    expect(sent.at(-1)).toBe('256');
  });

  test('does not count a command as sent if the socket rejects it', () => {
    const { outbox, sent, wire } = anOutbox();
    outbox.connected(NO_LIMIT);
    wire.open = false;
    outbox.add(entry('a'));
    wire.open = true;
    outbox.add(entry('b'));
    expect(sent).toEqual(['a', 'b']);
    expect(wire.resent).toBe(0);
  });

  test('4. the rate is refilled evenly, and never beyond its size', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected({ commands: 10, commandWindowMs: 10_000 });
    vi.advanceTimersByTime(60_000);
    for (let n = 0; n < 12; n++) outbox.add(entry(`${n}`));
    expect(sent).toHaveLength(8);
    vi.advanceTimersByTime(1_300);
    expect(sent).toHaveLength(9);
  });

  test('5. a mark that moves back is not overtaken, and replaces earlier ones', () => {
    const { outbox } = anOutbox();
    const back = aMark('back', 2);
    (back.command as { unread?: boolean }).unread = true;
    outbox.add(aMark('r5', 5));
    outbox.add(aMark('r9', 9));
    expect(outbox.overtaken(aMark('r5 again', 5).command).map((e) => e.id)).toEqual(['r5']);
    outbox.add(aMark('r5', 5));
    expect(outbox.overtaken(aMark('r7', 7).command).map((e) => e.id)).toEqual(['r5']);
    expect(outbox.overtaken(back.command).map((e) => e.id)).toEqual(['r9']);
    outbox.add(back);
    expect(outbox.overtaken(aMark('r3', 3).command)).toEqual([]);
  });

  test('sends everything in order, by its id, until it is answered, whatever is answered, refused, lost or cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            what: fc.constantFrom('add', 'add', 'ack', 'refuse', 'cut', 'wait', 'deaf'),
            n: fc.nat(1_000),
          }),
          { maxLength: 60 },
        ),
        (steps) => {
          const { outbox, sent, wire } = anOutbox();
          let from = 0;
          const made: OutboxEntry[] = [];
          const answered = new Set<string>();
          const order = new Map<string, number>();
          outbox.connected(NO_LIMIT);
          const check = () => {
            // On one socket the commands of a conversation start in order.
            const first = new Map<string, number>();
            for (const name of new Set(sent.slice(from))) {
              const conversation = name.split('-')[0] as string;
              const place = order.get(name) ?? -1;
              if (!refusedNow) expect(place).toBeGreaterThan(first.get(conversation) ?? -1);
              first.set(conversation, place);
            }
          };
          let refusedNow = false;
          for (const { what, n } of steps) {
            const pending = made.filter((e) => !answered.has(e.id));
            const one = pending[n % Math.max(1, pending.length)];
            if (what === 'add') {
              const conversation = `c${n % 2}`;
              const next = entry(`${conversation}-${made.length}`, conversation, made.length);
              order.set(next.id, made.length);
              made.push(next);
              outbox.add(next);
            } else if (what === 'ack' && one && sent.includes(one.id)) {
              answered.add(one.id);
              expect(outbox.settle(one.id)).toBe(one);
            } else if (what === 'refuse' && one && sent.includes(one.id)) {
              refusedNow = true;
              outbox.refused(one.id, { code: 'overloaded', retryAfter: 1 });
            } else if (what === 'cut') {
              outbox.disconnected();
              wire.generation++;
              from = sent.length;
              refusedNow = false;
              outbox.connected(NO_LIMIT);
            } else if (what === 'wait') {
              vi.advanceTimersByTime(n * 10);
            } else if (what === 'deaf') {
              wire.open = n % 2 === 0;
            }
            check();
          }
          wire.open = true;
          vi.advanceTimersByTime(15_000);
          outbox.pump();
          for (const e of made) expect(sent).toContain(e.id);
          expect(outbox.entries).toEqual(made.filter((e) => !answered.has(e.id)));
          for (const name of answered) expect(outbox.has(id(name))).toBe(false);
          outbox.disconnected();
        },
      ),
      { numRuns: 300 },
    );
  });
});
