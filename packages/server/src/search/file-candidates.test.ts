import type { ConversationId, Seq } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareDocuments, type Document } from './documents.ts';
import { WithFileCandidates } from './file-candidates.ts';

const conversation = '01900000-0000-7000-8000-000000000001' as ConversationId;
const documentAt = (at: number): Document => ({
  at,
  conversation,
  seq: at as Seq,
  version: at as Seq,
});
/** Messages by their times, the latest first. */
const documents = fc
  .uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 120 })
  .map((times) => times.sort((a, b) => b - a).map(documentAt));

/** An index with these messages. */
function indexOf(all: readonly Document[]) {
  const left = [...all];
  return {
    next: async (max: number) => {
      const some = left.splice(0, max);
      return { documents: some, rest: left.length > 0 ? (some.at(-1) ?? null) : null };
    },
  };
}

test('candidates by files come in their order among those of the index, a few at a time', async () => {
  await fc.assert(
    fc.asyncProperty(
      documents,
      documents,
      fc.integer({ min: 1, max: 50 }),
      async (own, others, max) => {
        const candidates = new WithFileCandidates(indexOf(own), others);
        const inIndex = new Set(own.map(({ at }) => at));
        const found: number[] = [];
        for (;;) {
          const batch = await candidates.next(max);
          const times = batch.documents.map(({ at }) => at);
          expect(times.length).toBeLessThanOrEqual(max);
          expect(times.filter((at) => !inIndex.has(at)).length).toBeLessThanOrEqual(20);
          found.push(...times);
          if (batch.rest === null) break;
          // What is left comes after the place that was reached.
          const { rest } = batch;
          const left = [...own, ...others].filter((each) => !found.includes(each.at));
          expect(left.every((each) => compareDocuments(each, rest) < 0)).toBe(true);
        }
        const all = [...new Set([...own, ...others].map(({ at }) => at))];
        expect(found).toEqual(all.sort((a, b) => b - a));
      },
    ),
  );
});
