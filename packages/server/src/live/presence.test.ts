import type { AccountId, PresenceState } from '@parley/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PresenceBoard, type PresenceChange } from './presence.ts';

const ann = 'ann' as AccountId;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function aBoard() {
  const reported: PresenceChange[][] = [];
  const elsewhere: PresenceChange[][] = [];
  const board = new PresenceBoard(
    (changes) => reported.push(changes),
    (changes) => elsewhere.push(changes),
  );
  return { board, reported, elsewhere };
}

describe('presence', () => {
  test('presence is the best state of the connections, reported every half second', () => {
    const { board, reported, elsewhere } = aBoard();
    const [phone, laptop] = [{}, {}];
    board.set(ann, phone, 'idle');
    board.set(ann, laptop, 'active');
    vi.advanceTimersByTime(499);
    expect(reported).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(reported).toEqual([[{ account: ann, state: 'active' }]]);
    expect(elsewhere).toEqual(reported);
    board.set(ann, laptop, 'idle');
    board.set(ann, laptop, 'active');
    vi.advanceTimersByTime(500);
    expect(reported).toHaveLength(1);
    board.set(ann, laptop, 'idle');
    vi.advanceTimersByTime(500);
    expect(reported[1]).toEqual([{ account: ann, state: 'idle' }]);
    expect(board.list(10)).toEqual([{ account: ann, state: 'idle' }]);
    expect(board.list(0)).toEqual([]);
    board.stop();
  });

  test('presence survives a reload of up to four seconds', () => {
    const { board, reported } = aBoard();
    const [before, after] = [{}, {}];
    board.set(ann, before, 'active');
    vi.advanceTimersByTime(500);
    board.remove(ann, before);
    vi.advanceTimersByTime(3_999);
    board.set(ann, after, 'active');
    vi.advanceTimersByTime(10_000);
    expect(reported).toHaveLength(1);
    board.remove(ann, after);
    vi.advanceTimersByTime(4_500);
    expect(reported[1]).toEqual([{ account: ann, state: 'offline' }]);
    expect(board.list(10)).toEqual([]);
    board.stop();
  });

  test('the grace period of presence starts with the last of several reloads', () => {
    const { board, reported } = aBoard();
    const [first, second] = [{}, {}];
    board.set(ann, first, 'active');
    vi.advanceTimersByTime(500);
    board.remove(ann, first);
    vi.advanceTimersByTime(2_000);
    board.set(ann, second, 'active');
    vi.advanceTimersByTime(1_000);
    board.remove(ann, second);
    vi.advanceTimersByTime(3_900);
    expect(reported).toHaveLength(1);
    vi.advanceTimersByTime(600);
    expect(reported[1]).toEqual([{ account: ann, state: 'offline' }]);
    board.stop();
  });

  test('presence includes other nodes, and reports only local connections to them', () => {
    const { board, reported, elsewhere } = aBoard();
    const socket = {};
    board.setElsewhere(ann, 'active');
    vi.advanceTimersByTime(500);
    expect(reported).toEqual([[{ account: ann, state: 'active' }]]);
    expect(elsewhere).toEqual([]);
    board.set(ann, socket, 'idle');
    vi.advanceTimersByTime(500);
    expect(reported).toHaveLength(1);
    expect(elsewhere).toEqual([[{ account: ann, state: 'idle' }]]);
    expect(board.here()).toEqual([[ann, 'idle']]);
    board.setElsewhere(ann, null);
    vi.advanceTimersByTime(500);
    expect(reported[1]).toEqual([{ account: ann, state: 'idle' }]);
    board.stop();
  });

  test('an account that has set itself away is idle while it is active anywhere', () => {
    const { board, reported, elsewhere } = aBoard();
    const socket = {};
    const state = () => reported.at(-1);
    board.setAway(ann, true);
    vi.advanceTimersByTime(500);
    expect(reported).toEqual([]);
    board.set(ann, socket, 'active');
    vi.advanceTimersByTime(500);
    expect(state()).toEqual([{ account: ann, state: 'idle' }]);
    expect([board.stateOf(ann), board.list(1)]).toEqual(['idle', state()]);
    // Other nodes know it from the status; they get what the device says.
    expect(elsewhere).toEqual([[{ account: ann, state: 'active' }]]);
    board.setElsewhere(ann, 'active');
    board.set(ann, socket, 'idle');
    vi.advanceTimersByTime(500);
    expect(reported).toHaveLength(1);
    board.setAway(ann, false);
    vi.advanceTimersByTime(500);
    expect(state()).toEqual([{ account: ann, state: 'active' }]);
    board.setAway(ann, true);
    board.setElsewhere(ann, null);
    board.remove(ann, socket);
    vi.advanceTimersByTime(10_000);
    expect(state()).toEqual([{ account: ann, state: 'offline' }]);
    board.stop();
  });

  test('presence is correct after connections open and close in any order', () => {
    const accounts = ['ann', 'ben'] as AccountId[];
    const connections = [{}, {}, {}];
    const step = fc.record({
      account: fc.constantFrom(...accounts),
      connection: fc.integer({ min: 0, max: 2 }),
      what: fc.constantFrom('active', 'idle', 'remove', 'far-active', 'far-idle', 'far-gone'),
      pause: fc.integer({ min: 0, max: 5_000 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { board, reported } = aBoard();
        const here = new Map(accounts.map((a) => [a, new Map<number, PresenceState>()]));
        const far = new Map<AccountId, PresenceState>();
        for (const { account, connection, what, pause } of steps) {
          const mine = here.get(account) as Map<number, PresenceState>;
          if (what === 'active' || what === 'idle') {
            board.set(account, connections[connection] as object, what);
            mine.set(connection, what);
          } else if (what === 'remove') {
            board.remove(account, connections[connection] as object);
            mine.delete(connection);
          } else {
            const state = what === 'far-gone' ? null : what === 'far-active' ? 'active' : 'idle';
            board.setElsewhere(account, state);
            far.set(account, state ?? 'offline');
          }
          vi.advanceTimersByTime(pause);
        }
        vi.advanceTimersByTime(10_000);
        const seen = new Map<AccountId, PresenceState>();
        for (const changes of reported) {
          for (const { account, state } of changes) {
            expect(state).not.toBe(seen.get(account) ?? 'offline');
            seen.set(account, state);
          }
        }
        for (const account of accounts) {
          const states = [...(here.get(account)?.values() ?? []), far.get(account) ?? 'offline'];
          const best = (['active', 'idle'] as const).find((s) => states.includes(s)) ?? 'offline';
          expect(seen.get(account) ?? 'offline').toBe(best);
          const listed = board.list(10).find((change) => change.account === account);
          expect(listed?.state ?? 'offline').toBe(best);
        }
        board.stop();
      }),
      { numRuns: 300 },
    );
  });
});
