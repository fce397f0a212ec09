import { type AccountId, LIMITS } from '@parley/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Presence, type PresenceMap, type StatusMap } from './presence.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const [ann, ben, cem] = ['ann', 'ben', 'cem'] as [AccountId, AccountId, AccountId];

function aPresence({ ofAll = false } = {}) {
  const sent: AccountId[][] = [];
  const socket = { isOpen: true };
  let shown: PresenceMap = new Map();
  let statuses: StatusMap = new Map();
  const presence = new Presence({
    ofAll,
    send: (text) => {
      const { op, accounts } = JSON.parse(text);
      expect(op).toBe('watch');
      if (socket.isOpen) sent.push(accounts);
      return socket.isOpen;
    },
    me: () => null,
    onChange: (next) => {
      shown = next.presence;
      statuses = next.statuses;
    },
  });
  return {
    presence,
    sent,
    socket,
    shown: () => Object.fromEntries(shown),
    statuses: () => Object.fromEntries(statuses),
  };
}

describe('presence with subscriptions', () => {
  test('sends the union of the subscriptions, at most once a second', () => {
    const { presence, sent } = aPresence();
    presence.subscribe([ann]);
    const end = presence.subscribe([ann, ben]);
    vi.advanceTimersByTime(50);
    expect(sent).toEqual([[ann, ben]]);
    end();
    presence.subscribe([cem]);
    vi.advanceTimersByTime(900);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(100);
    expect(sent[1]).toEqual([cem, ann]);
    // A subscription that ends and restarts within that time changes nothing.
    presence.subscribe([ben])();
    vi.advanceTimersByTime(5_000);
    expect(sent).toHaveLength(2);
  });

  test('is dropped with the account, also what is about to be sent', () => {
    const { presence, sent, shown } = aPresence();
    presence.subscribe([ann]);
    vi.advanceTimersByTime(50);
    presence.apply([{ account: ann, state: 'active' }]);
    presence.subscribe([ben]);
    presence.clear();
    vi.advanceTimersByTime(5_000);
    expect(sent).toEqual([[ann]]);
    // Subscriptions are kept, and sent with the next hello.
    expect(presence.accountsForHello()).toEqual([ben, ann]);
    presence.started([{ account: ben, state: 'idle' }]);
    expect(shown()).toEqual({ ben: 'idle' });
    vi.advanceTimersByTime(5_000);
    expect(sent).toHaveLength(1);
  });

  test('drops accounts it no longer subscribes to, and ignores late changes of them', () => {
    const { presence, shown } = aPresence();
    const end = presence.subscribe([ann, ben]);
    vi.advanceTimersByTime(50);
    presence.apply([
      { account: ann, state: 'active' },
      { account: ben, state: 'idle' },
      { account: cem, state: 'active' },
    ]);
    expect(shown()).toEqual({ ann: 'active', ben: 'idle' });
    end();
    presence.subscribe([ben]);
    vi.advanceTimersByTime(1_000);
    expect(shown()).toEqual({ ben: 'idle' });
    presence.apply([{ account: ann, state: 'active' }]);
    presence.apply([{ account: ben, state: 'offline' }]);
    expect(shown()).toEqual({});
  });

  test('sends the subscriptions in the hello, and takes the states from ready', () => {
    const { presence, sent, socket, shown } = aPresence();
    socket.isOpen = false;
    presence.subscribe([ann]);
    vi.advanceTimersByTime(2_000);
    expect(presence.accountsForHello()).toEqual([ann]);
    presence.subscribe([ben]);
    socket.isOpen = true;
    presence.started([{ account: ann, state: 'idle' }]);
    expect(shown()).toEqual({ ann: 'idle' });
    vi.advanceTimersByTime(50);
    expect(sent).toEqual([[ben, ann]]);
    presence.accountsForHello();
    presence.started([]);
    expect(shown()).toEqual({});
  });

  test('takes the status of an account from an entry, or that it has none', () => {
    const { presence, statuses } = aPresence();
    const status = {
      emoji: null,
      text: 'in a meeting',
      expiresAt: null,
      doNotDisturbUntil: null,
      isAway: false,
    };
    const end = presence.subscribe([ann, ben]);
    presence.accountsForHello();
    presence.started([{ account: ann, state: 'offline', status }]);
    presence.apply([{ account: ben, state: 'active', status }]);
    expect(statuses()).toEqual({ ann: status, ben: status });
    presence.apply([{ account: ann, state: 'active' }]);
    expect(statuses()).toEqual({ ben: status });
    end();
    vi.advanceTimersByTime(1_000);
    expect(statuses()).toEqual({});
  });

  test('keeps the newest subscriptions when there are too many', () => {
    const { presence } = aPresence();
    const many = Array.from({ length: LIMITS.presenceSubscriptions }, (_, n) => `${n}`);
    presence.subscribe(many as AccountId[]);
    presence.subscribe([ann]);
    const wanted = presence.accountsForHello();
    expect(wanted).toHaveLength(LIMITS.presenceSubscriptions);
    expect(wanted?.[0]).toBe(ann);
  });

  test('presence of all accounts needs no subscriptions', () => {
    const { presence, sent, shown } = aPresence({ ofAll: true });
    presence.subscribe([ann]);
    vi.advanceTimersByTime(2_000);
    expect(presence.accountsForHello()).toBeUndefined();
    presence.apply([{ account: ben, state: 'active' }]);
    expect(shown()).toEqual({ ben: 'active' });
    expect(sent).toEqual([]);
  });
});
