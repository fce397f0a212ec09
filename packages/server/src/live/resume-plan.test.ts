import type { Seq, StreamId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { MembershipPeriod } from '../conversations/start.ts';
import { type Sink, Subscription } from '../stream/subscription.ts';
import { planResume } from './resume-plan.ts';

const seq = (n: number) => n as Seq;
const period = (joined: number, left: number | null = null): MembershipPeriod => ({
  joinedSeq: seq(joined),
  leftSeq: left === null ? null : seq(left),
});

const table: [
  name: string,
  cursor: number | undefined,
  periods: MembershipPeriod[],
  lastSeq: number,
  expected: unknown,
][] = [
  [
    'no cursor starts at the end',
    undefined,
    [period(1)],
    20,
    { cursor: 20, skips: [], last: null, floor: 0, reset: false },
  ],
  [
    'a cursor continues after itself',
    7,
    [period(1)],
    20,
    { cursor: 7, skips: [], last: null, floor: 0, reset: false },
  ],
  [
    'a cursor at the end has nothing to send',
    20,
    [period(1)],
    20,
    { cursor: 20, skips: [], last: null, floor: 0, reset: false },
  ],
  [
    'a cursor after the end belongs to another history',
    21,
    [period(1)],
    20,
    { cursor: 20, skips: [], last: null, floor: 0, reset: true },
  ],
  [
    '500 missing events are replayed',
    20,
    [period(1)],
    520,
    { cursor: 20, skips: [], last: null, floor: 0, reset: false },
  ],
  [
    '501 are not',
    20,
    [period(1)],
    521,
    { cursor: 521, skips: [], last: null, floor: 0, reset: true },
  ],
  [
    'left while offline: only the event that ended it',
    7,
    [period(1, 12)],
    20,
    { cursor: 11, skips: [], last: 12, floor: 11, reset: false },
  ],
  [
    'left while offline, far behind: only the event that ended it',
    7,
    [period(1, 1_200)],
    2_000,
    { cursor: 1_199, skips: [], last: 1_200, floor: 1_199, reset: false },
  ],
  ['left, and the client knows', 12, [period(1, 12)], 20, null],
  ['left, without a cursor', undefined, [period(1, 12)], 20, null],
  ['never a member', 3, [], 20, null],
  [
    'left and rejoined: the events between are skipped',
    7,
    [period(1, 12), period(16)],
    20,
    { cursor: 7, skips: [{ after: 12, to: 15 }], last: null, floor: 15, reset: false },
  ],
  [
    'rejoined, and the client knows of the leaving',
    12,
    [period(1, 12), period(16)],
    20,
    { cursor: 12, skips: [{ after: 12, to: 15 }], last: null, floor: 15, reset: false },
  ],
  [
    'a cursor before the joining',
    2,
    [period(6)],
    20,
    { cursor: 2, skips: [{ after: 2, to: 5 }], last: null, floor: 5, reset: false },
  ],
  [
    'two absences',
    2,
    [period(1, 4), period(8, 10), period(15)],
    20,
    {
      cursor: 2,
      skips: [
        { after: 4, to: 7 },
        { after: 10, to: 14 },
      ],
      last: null,
      floor: 14,
      reset: false,
    },
  ],
  [
    'two absences, the second one lasting: only the event that ended it',
    2,
    [period(1, 4), period(8, 10)],
    20,
    { cursor: 9, skips: [], last: 10, floor: 9, reset: false },
  ],
];

test.each(table)('%s', (_name, cursor, periods, lastSeq, expected) => {
  const given = cursor === undefined ? undefined : seq(cursor);
  expect(planResume(given, periods, seq(lastSeq), 500)).toEqual(expected);
});

test('for any periods and cursor, sends the events of the periods after the cursor', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 10 }),
      fc.integer({ min: 1, max: 4 }),
      (steps, cursor, more, page) => {
        // Seqs of joining and leaving, in turn.
        const marks: number[] = [];
        for (const step of steps) marks.push((marks.at(-1) ?? 0) + step);
        const periods: MembershipPeriod[] = [];
        for (let i = 0; i < marks.length; i += 2) periods.push(period(marks[i] ?? 0, marks[i + 1]));
        const lastSeq = (marks.at(-1) ?? 0) + more;
        const end = periods.at(-1)?.leftSeq ?? null;

        const plan = planResume(seq(cursor), periods, seq(lastSeq), 1_000);

        if (end !== null && cursor >= end) {
          expect(plan).toBeNull();
          return;
        }
        if (cursor > lastSeq) {
          expect(plan).toMatchObject({ reset: true, cursor: end ?? lastSeq });
          return;
        }
        const subscription = new Subscription('s' as StreamId, {} as Sink, {
          cursor: plan?.cursor ?? seq(0),
          skips: plan?.skips ?? [],
          last: plan?.last ?? null,
        });
        const sent: number[] = [];
        // The head moves step by step: a node may be behind what the hello saw.
        for (let head = cursor; head <= lastSeq; head++) {
          while (!subscription.ended && subscription.cursor < head) {
            const to = Math.min(subscription.bound(seq(head)), subscription.cursor + page);
            for (let n = subscription.cursor + 1; n <= to; n++) sent.push(n);
            expect(to).toBeGreaterThan(subscription.cursor);
            subscription.advance(seq(to));
          }
        }
        const expected = Array.from({ length: lastSeq }, (_, n) => n + 1).filter(
          (n) =>
            n > cursor &&
            // A former member gets only the end of the last period.
            (end === null || n === end) &&
            periods.some((s) => s.joinedSeq <= n && (s.leftSeq === null || n <= s.leftSeq)),
        );
        expect(sent).toEqual(expected);
      },
    ),
    { numRuns: 2_000 },
  );
});
