import type { ClientId, DurableCommand } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Outbox } from './outbox.ts';
import type { OutboxEntry } from './store.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** An outbox on a wire that the test holds. */
function anOutbox() {
  const sent: string[] = [];
  const wire = { open: true, generation: 1, resent: 0 };
  const outbox = new Outbox({
    send: (text) => {
      if (wire.open) sent.push((JSON.parse(text) as { id: string }).id);
      return wire.open;
    },
    generation: () => wire.generation,
    random: () => 0,
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

const NO_LIMIT = { commands: 0, commandWindowMs: 10_000 };
const id = (text: string) => text as ClientId;

describe('the outbox', () => {
  test('1. sends in order, and after a new socket again in that order (B3, B26)', () => {
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

  test('1. what an earlier life has left goes before what was made while it was being read', () => {
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

  test('3. while one is refused for the moment, no later one of its conversation is sent', () => {
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

  test('a refusal for good is not tried again', () => {
    const { outbox } = anOutbox();
    outbox.connected(NO_LIMIT);
    outbox.add(entry('a'));
    expect(outbox.refused(id('a'), { code: 'conversation_not_found' })).toBe(false);
  });

  test('4. keeps to the rate that the server told', () => {
    const { outbox, sent } = anOutbox();
    outbox.connected({ commands: 30, commandWindowMs: 10_000 });
    for (let n = 0; n < 40; n++) outbox.add(entry(`${n}`));
    expect(sent).toHaveLength(24);
    vi.advanceTimersByTime(5_000);
    expect(sent.length).toBeGreaterThan(30);
    vi.advanceTimersByTime(5_000);
    expect(sent).toEqual(Array.from({ length: 40 }, (_, n) => `${n}`));
  });

  test('5. read marks are sent seldom, the latest of them only, and hold up nothing else', () => {
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
    // One that is on its way is not taken back, and another conversation’s has nothing to do with it.
    expect(mark('r4', 4)).toEqual([]);
    expect(outbox.overtaken(aMark('d1', 9, 'd').command)).toEqual([]);
    expect(outbox.has(id('r3'))).toBe(true);
  });
});
