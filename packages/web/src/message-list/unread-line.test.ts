import type { Seq } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isLineAwaited, type LineInput, nextLine, UNKNOWN_LINE } from './unread-line.ts';

const input = (change: Partial<LineInput> = {}): LineInput => ({
  unread: 0,
  readSeq: 10 as Seq,
  isLive: true,
  isReading: true,
  hasNewer: false,
  ...change,
});

describe('the line “New”', () => {
  test('the line “New” is undecided until all missed events have arrived', () => {
    expect(nextLine(UNKNOWN_LINE, input({ unread: 3, isLive: false }))).toBe(UNKNOWN_LINE);
    expect(nextLine(UNKNOWN_LINE, input({ unread: 3 })).after).toBe(10);
    expect(nextLine(UNKNOWN_LINE, input()).after).toBe(null);
  });

  test('an empty list waits for the line “New” while missed events arrive', () => {
    expect(isLineAwaited(UNKNOWN_LINE, 'catching-up', true)).toBe(true);
    expect(isLineAwaited(UNKNOWN_LINE, 'catching-up', false)).toBe(false);
    expect(isLineAwaited(UNKNOWN_LINE, 'offline', true)).toBe(false);
    expect(isLineAwaited(UNKNOWN_LINE, 'live', true)).toBe(false);
    expect(isLineAwaited(nextLine(UNKNOWN_LINE, input()), 'catching-up', true)).toBe(false);
  });

  test('the line “New” stays while the messages below it are read', () => {
    const line = nextLine(UNKNOWN_LINE, input({ unread: 3 }));
    expect(nextLine(line, input({ unread: 1, readSeq: 12 as Seq })).after).toBe(10);
    expect(nextLine(line, input({ readSeq: 13 as Seq })).after).toBe(10);
  });

  test('the line “New” is drawn again for messages that stay unread, and not for messages read on arrival', () => {
    const read = nextLine(UNKNOWN_LINE, input());
    const atOnce = input({ unread: 1, readSeq: 20 as Seq });
    expect(nextLine(read, atOnce)).toBe(read);
    const unread = nextLine(read, { ...atOnce, isReading: false });
    expect(unread.after).toBe(20);
    // It is not moved by more unread messages, nor by reading some of them.
    const more = input({ unread: 700, readSeq: 25 as Seq, isReading: false });
    expect(nextLine(unread, more)).toBe(unread);
    // Everything was read: the next unread messages get a new line.
    const caughtUp = nextLine(unread, input({ readSeq: 90 as Seq }));
    expect(caughtUp.after).toBe(20);
    expect(
      nextLine(caughtUp, input({ unread: 2, readSeq: 90 as Seq, isReading: false })).after,
    ).toBe(90);
  });

  test('the line “New” is drawn for messages missed while disconnected, even if they appear in the first live frame', () => {
    let line = nextLine(UNKNOWN_LINE, input());
    line = nextLine(line, input({ isLive: false, isReading: false }));
    // One frame shows the messages and the live connection.
    line = nextLine(line, input({ unread: 60 }));
    expect(line.after).toBe(10);
  });

  test('the line “New” is drawn for messages that are missing from the list because of a gap', () => {
    const line = nextLine(UNKNOWN_LINE, input());
    expect(nextLine(line, input({ unread: 750, hasNewer: true })).after).toBe(10);
  });

  test('the line “New” is not drawn for messages that arrive after the connection is live again', () => {
    let line = nextLine(UNKNOWN_LINE, input());
    line = nextLine(line, input({ isLive: false, isReading: false }));
    line = nextLine(line, input());
    expect(nextLine(line, input({ unread: 1 })).after).toBe(null);
  });

  test('the line “New” is never below an unread message, and is idempotent', () => {
    const steps = fc.array(
      fc.record({
        unread: fc.nat(3),
        read: fc.nat(5),
        isLive: fc.boolean(),
        isReading: fc.boolean(),
        hasNewer: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(steps, (all) => {
        let line = UNKNOWN_LINE;
        let readSeq = 0;
        for (const { read, ...step } of all) {
          readSeq += read;
          const now = { ...step, readSeq: readSeq as Seq };
          line = nextLine(line, now);
          expect(nextLine(line, now)).toBe(line);
          if (step.unread > 0 && line.after != null) {
            expect(line.after).toBeLessThanOrEqual(readSeq);
          }
          if (step.unread > 0 && !step.isReading && step.isLive) expect(line.after).not.toBe(null);
        }
      }),
    );
  });
});
