import type { AccountId, Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { StoredEvent } from './record.ts';
import { type Chunk, encodeChunk, Tail } from './tail.ts';

const event = (seq: number, length = 0): StoredEvent => ({
  stream: '01890000-0000-7000-8000-000000000001' as StreamId,
  seq: seq as Seq,
  type: 'message.posted',
  actor: '01890000-0000-7000-8000-00000000000a' as AccountId,
  client: null,
  at: '2026-01-01T00:00:00.000Z',
  data: JSON.stringify({ body: 'x'.repeat(length) }),
});
const chunkOf = (first: number, count: number, length = 0): Chunk =>
  encodeChunk(Array.from({ length: count }, (_, n) => event(first + n, length)));
const seqs = (chunk: Chunk | null) => chunk?.events.map((e) => e.seq) ?? null;

const aStep = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ count: fc.integer({ min: 1, max: 4 }), gap: fc.constant(0) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ count: fc.constant(1), gap: fc.constantFrom(-2, -1, 1, 2) }),
  },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
);

test('the tail has the events after any seq as far as they are continuous and fit into its bytes', () => {
  const perEvent = chunkOf(10, 1).frames.length;
  fc.assert(
    fc.property(
      fc.array(aStep, { maxLength: 20 }),
      fc.integer({ min: 1, max: 12 }),
      (steps, max) => {
        const tail = new Tail(max * perEvent);
        let kept: Chunk[] = [];
        let head = 20;
        for (const step of steps) {
          if (step === 'clear') {
            tail.clear();
            kept = [];
            continue;
          }
          const chunk = chunkOf(head + step.gap + 1, step.count);
          tail.add(chunk);
          if (step.gap !== 0) kept = [];
          kept.push(chunk);
          while (kept.flatMap((c) => c.events).length > max) kept.shift();
          head = chunk.last;
        }
        for (let after = 0; after <= head + 2; after++) {
          for (let upTo = after - 1; upTo <= head + 2; upTo++) {
            const found = tail.after(after as Seq, upTo as Seq);
            const holder = kept.find((c) => c.first <= after + 1 && c.last > after);
            const expected = holder?.events.map((e) => e.seq).filter((n) => n > after && n <= upTo);
            expect(seqs(found)).toEqual(expected?.length ? expected : null);
            if (found)
              expect(found).toMatchObject({ first: expected?.[0], last: expected?.at(-1) });
            // Events are encoded once for all receivers.
            if (found && holder && seqs(found)?.length === holder.events.length) {
              expect(found).toBe(holder);
            }
          }
        }
      },
    ),
  );
});

test('nothing of a chunk larger than the limit is kept', () => {
  const tail = new Tail(1_000);
  tail.add(chunkOf(1, 1));
  tail.add(chunkOf(2, 1, 2_000));
  expect(tail.after(0 as Seq, 9 as Seq)).toBeNull();
  expect(tail.after(1 as Seq, 9 as Seq)).toBeNull();
  tail.add(chunkOf(3, 1));
  expect(seqs(tail.after(2 as Seq, 9 as Seq))).toEqual([3]);
});
