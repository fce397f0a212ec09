import type { ConversationId, Seq } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareDocuments, type Document, Documents } from './documents.ts';
import { decodePostings, encodePostings, intersect } from './postings.ts';
import { PackedPostings, SegmentBuilder } from './segment.ts';

const sorted = (max: number) =>
  fc.uniqueArray(fc.nat(max), { maxLength: 400 }).map((list) => Uint32Array.from(list).sort());
const list = fc.oneof(sorted(500), sorted(300_000));

describe('lists of postings', () => {
  test('are decoded unchanged', () => {
    fc.assert(
      fc.property(list, (docs) => {
        expect([...decodePostings(encodePostings(docs))]).toEqual([...docs]);
      }),
    );
  });

  test('intersect like sets', () => {
    fc.assert(
      fc.property(list, list, (a, b) => {
        const both = new Set(b);
        expect([...intersect(a, b)]).toEqual([...a].filter((doc) => both.has(doc)));
      }),
    );
  });

  test('use a bitmap if most documents have the key', () => {
    const all = Uint32Array.from({ length: 80_000 }, (_, i) => i);
    expect(encodePostings(all).length).toBeLessThan(10_010);
  });
});

const uuids = ['0', '1', 'a', 'f'].map(
  (c) => `${c.repeat(8)}-0000-7000-8000-${c.repeat(12)}` as ConversationId,
);
const document = fc
  .record({
    conversation: fc.constantFrom(...uuids),
    seq: fc.integer({ min: 1, max: 2 ** 40 }),
    edits: fc.nat(1_000),
    at: fc.integer({ min: 0, max: 4e12 }),
  })
  .map(
    ({ conversation, seq, edits, at }): Document => ({
      conversation,
      seq: seq as Seq,
      version: (seq + edits) as Seq,
      at,
    }),
  );

test('documents are decoded unchanged', () => {
  fc.assert(
    fc.property(fc.array(document, { maxLength: 50 }), (all) => {
      const ordered = all.sort(compareDocuments);
      const read = Documents.decode(Documents.of(ordered).encode());
      expect(Array.from({ length: read.length }, (_, i) => read.get(i))).toEqual(ordered);
      for (const [i, one] of ordered.entries()) {
        const before = read.countBefore(one);
        expect(before).toBeLessThanOrEqual(i);
        expect(compareDocuments(read.get(before), one)).toBe(0);
      }
    }),
  );
});

test('a packed segment has the keys of its documents', () => {
  const keys = fc.uniqueArray(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(fc.tuple(document, keys), { maxLength: 20 }), (messages) => {
      const builder = new SegmentBuilder();
      for (const [one, its] of messages) {
        const sink = builder.add(one);
        // Repeated keys count once.
        for (const key of [...its, ...its]) sink.add(key);
      }
      const { documents, postings } = builder.build();
      const packed = new PackedPostings(postings);
      const all = new Set(messages.flatMap(([, its]) => its));
      expect([...packed].map(({ key }) => key)).toEqual([...all].sort((a, b) => a - b));
      for (const [one, its] of messages) {
        for (const key of its) {
          const found = packed.get(key);
          const docs = [...decodePostings(found?.bytes as Uint8Array)];
          expect(found?.size).toBe(docs.length);
          expect(docs.map((doc) => documents.get(doc))).toContainEqual(one);
        }
      }
      expect(packed.get(12345) !== undefined).toBe(all.has(12345));
    }),
  );
});

test('documents take some ten bytes each in memory', () => {
  const all = Array.from({ length: 10_000 }, (_, n): Document => {
    const seq = (n + 1) as Seq;
    const version = (n % 100 === 0 ? seq + 1 : seq) as Seq;
    const conversation = uuids[n % uuids.length] as ConversationId;
    return { conversation, seq, version, at: 1.7e12 + n * 60_000 };
  });
  expect(Documents.of(all).bytes / all.length).toBeLessThan(10);
});
