import type { Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Sink, type Skip, Subscription, type SubscriptionStart } from './subscription.ts';

const at = (n: number) => n as Seq;
const aSubscription = (start: SubscriptionStart) =>
  new Subscription('s' as StreamId, {} as Sink, start);

test('nothing is reported as delivered before anything was written', () => {
  const former = aSubscription({ cursor: at(27), floor: at(27), last: at(28) });
  expect(former).toMatchObject({ cursor: 27, delivered: null, ended: false });
  former.advance(at(28));
  expect(former).toMatchObject({ cursor: 28, delivered: 28, ended: true });
});

test('skipped events are not reported as delivered', () => {
  const rejoined = aSubscription({ cursor: at(7), skips: [{ after: at(12), to: at(15) }] });
  expect(rejoined.bound(at(20))).toBe(12);
  rejoined.advance(at(12));
  expect(rejoined).toMatchObject({ cursor: 15, delivered: 12 });
  rejoined.advance(at(16));
  expect(rejoined).toMatchObject({ cursor: 16, delivered: 16 });
});

test('rewinds no further than to the start of the latest membership period', () => {
  const subscription = aSubscription({ cursor: at(10), floor: at(8) });
  subscription.advance(at(14));
  subscription.rewind(at(2));
  expect(subscription).toMatchObject({ cursor: 8, delivered: 8 });
  subscription.rewind(at(11));
  expect(subscription.cursor).toBe(8);
});

test('a cursor never moves back on events before it', () => {
  const subscription = aSubscription({ cursor: at(10), floor: at(8) });
  subscription.advance(at(9));
  expect(subscription).toMatchObject({ cursor: 10, delivered: 9 });
  // Events before the requested position remain written.
  subscription.rewind(at(9));
  expect(subscription).toMatchObject({ cursor: 9, delivered: 9 });
  subscription.rewind(at(8));
  expect(subscription).toMatchObject({ cursor: 8, delivered: 8 });
  expect([at(8), at(9)].map((seq) => subscription.isOfLatestPeriod(seq))).toEqual([false, true]);
});

test('a range that contains the start is skipped, and adjacent ranges are skipped in one step', () => {
  const skips = [
    { after: at(3), to: at(6) },
    { after: at(6), to: at(9) },
  ];
  expect(aSubscription({ cursor: at(4), skips }).cursor).toBe(9);
  expect(aSubscription({ cursor: at(12), skips })).toMatchObject({ cursor: 12, isPersonal: false });
  expect(aSubscription({ cursor: at(12), skips }).bound(at(20))).toBe(20);
});

test('a membership ends with the lowest of its ends, in whatever order they become known', () => {
  const subscription = aSubscription({ cursor: at(3) });
  subscription.endAt(at(7));
  subscription.endAt(at(5));
  subscription.endAt(at(9));
  expect(subscription).toMatchObject({ last: 5, ended: false });
  expect(subscription.bound(at(20))).toBe(5);
});

test('every event that is not skipped is written once and in order, and only written ones are reported', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })), {
        maxLength: 4,
      }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 1, max: 5 }),
      fc.option(fc.integer({ min: 1, max: 12 }), { nil: null }),
      (gaps, tail, page, end) => {
        const skips: Skip[] = [];
        let position = 0;
        for (const [kept, skipped] of gaps) {
          skips.push({ after: at(position + kept), to: at(position + kept + skipped) });
          position += kept + skipped;
        }
        const head = position + tail;
        const isSkipped = (n: number) => skips.some(({ after, to }) => n > after && n <= to);
        const last = end === null || isSkipped(end) ? null : end;
        const subscription = aSubscription({
          cursor: at(0),
          skips,
          last: last === null ? null : at(last),
        });
        const written: number[] = [];
        while (!subscription.ended && subscription.cursor < head) {
          const to = Math.min(subscription.bound(at(head)), subscription.cursor + page);
          for (let n = subscription.cursor + 1; n <= to; n++) written.push(n);
          subscription.advance(at(to));
          expect(written.at(-1)).toBe(subscription.delivered);
          expect(subscription.cursor).toBeGreaterThanOrEqual(to);
        }
        const expected = Array.from({ length: last ?? head }, (_, n) => n + 1).filter(
          (n) => n <= head && !isSkipped(n),
        );
        expect(written).toEqual(expected);
      },
    ),
    { numRuns: 2_000 },
  );
});
