import type { AccountId, PresenceEntry, PresenceState, Status } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PresenceAudience } from './presence-audience.ts';

const ACCOUNTS = ['ann', 'ben', 'cem', 'dan'] as AccountId[];
const [ann, ben, cem] = ACCOUNTS as [AccountId, AccountId, AccountId];

/** A connection that records what it receives. */
class Listener {
  congested = false;
  readonly frames: PresenceEntry[][] = [];

  write(frame: Buffer): void {
    const text = frame.toString();
    this.frames.push(JSON.parse(text.slice(text.indexOf('{'))).changes);
  }
}

function anAudience() {
  const states = new Map<AccountId, PresenceState>();
  const statuses = new Map<AccountId, Status>();
  const audience = new PresenceAudience((account) => ({
    account,
    state: states.get(account) ?? 'offline',
    ...(statuses.has(account) && { status: statuses.get(account) as Status }),
  }));
  const change = (...changes: [AccountId, PresenceState][]) => {
    for (const [account, state] of changes) states.set(account, state);
    audience.send(changes.map(([account, state]) => ({ account, state })));
  };
  return { audience, change, states, statuses };
}

describe('the audience of presence', () => {
  test('receives the presence of the accounts that it subscribes to, and without subscriptions of all', () => {
    const { audience, change } = anAudience();
    const [old, one, none] = [new Listener(), new Listener(), new Listener()];
    audience.add(old, null);
    audience.add(one, [ann]);
    audience.add(none, []);
    change([ann, 'active'], [ben, 'idle']);
    expect(old.frames).toEqual([
      [
        { account: ann, state: 'active' },
        { account: ben, state: 'idle' },
      ],
    ]);
    expect(one.frames).toEqual([[{ account: ann, state: 'active' }]]);
    expect(none.frames).toEqual([]);
  });

  test('gets the states of new subscriptions, including offline accounts', () => {
    const { audience, change } = anAudience();
    const listener = new Listener();
    audience.add(listener, [ann]);
    change([ben, 'idle']);
    audience.replace(listener, [ann, ben, cem]);
    expect(listener.frames).toEqual([
      [
        { account: ben, state: 'idle' },
        { account: cem, state: 'offline' },
      ],
    ]);
    audience.replace(listener, [cem]);
    change([ann, 'active'], [ben, 'active']);
    expect(listener.frames).toHaveLength(1);
  });

  test('a connection that has left gets nothing that it had missed', () => {
    const { audience, change } = anAudience();
    const listener = new Listener();
    audience.add(listener, [ann]);
    listener.congested = true;
    change([ann, 'active']);
    audience.remove(listener);
    listener.congested = false;
    audience.add(listener, [ann]);
    audience.sendMissed();
    expect(listener.frames).toEqual([]);
  });

  test('a first subscription replaces the presence of all accounts', () => {
    const { audience, change } = anAudience();
    const listener = new Listener();
    audience.add(listener, null);
    audience.replace(listener, [ann]);
    change([ben, 'active']);
    expect(listener.frames).toEqual([[{ account: ann, state: 'offline' }]]);
  });

  test('gets what it missed while it was congested', () => {
    const { audience, change } = anAudience();
    const listener = new Listener();
    audience.add(listener, [ann, ben]);
    listener.congested = true;
    change([ann, 'active']);
    audience.sendMissed();
    expect(listener.frames).toEqual([]);
    listener.congested = false;
    audience.sendMissed();
    audience.sendMissed();
    expect(listener.frames).toEqual([
      [
        { account: ann, state: 'active' },
        { account: ben, state: 'offline' },
      ],
    ]);
  });

  test('gets statuses with the subscriptions, and when they change', () => {
    const { audience, change, statuses } = anAudience();
    const [one, old] = [new Listener(), new Listener()];
    const status = {
      emoji: '🌴',
      text: '',
      expiresAt: null,
      doNotDisturbUntil: null,
      isAway: false,
    };
    statuses.set(ann, status);
    expect(audience.entries([ann, ann, ben])).toEqual([{ account: ann, state: 'offline', status }]);
    audience.add(one, [ann]);
    audience.add(old, null);
    audience.announce([ann, ben]);
    change([ann, 'idle']);
    statuses.delete(ann);
    audience.announce([ann]);
    expect(one.frames.flat()).toEqual([
      { account: ann, state: 'offline', status },
      { account: ann, state: 'idle', status },
      { account: ann, state: 'idle' },
    ]);
    expect(old.frames.flat()).toEqual([{ account: ann, state: 'idle' }]);
  });

  test('receives nothing after it was removed', () => {
    const { audience, change } = anAudience();
    const [one, old] = [new Listener(), new Listener()];
    audience.add(one, [ann]);
    audience.add(old, null);
    one.congested = true;
    change([ann, 'active']);
    one.congested = false;
    audience.remove(one);
    audience.remove(old);
    audience.sendMissed();
    change([ann, 'idle']);
    expect(one.frames).toEqual([]);
    expect(old.frames).toHaveLength(1);
  });

  test('knows the states of its subscriptions after changes in any order', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('watch' as const), of: fc.subarray(ACCOUNTS) }),
      fc.record({
        what: fc.constantFrom('active', 'idle', 'offline'),
        account: fc.constantFrom(...ACCOUNTS),
      }),
      fc.record({ what: fc.constant('congested' as const), is: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { audience, change, states } = anAudience();
        const listener = new Listener();
        audience.add(listener, []);
        let watched: AccountId[] = [];
        for (const one of steps) {
          if ('of' in one) {
            watched = one.of;
            audience.replace(listener, watched);
          } else if ('is' in one) listener.congested = one.is;
          else change([one.account, one.what as PresenceState]);
        }
        listener.congested = false;
        audience.sendMissed();
        const known = new Map<AccountId, PresenceState>();
        for (const { account, state } of listener.frames.flat()) known.set(account, state);
        for (const account of watched) {
          expect(known.get(account)).toBe(states.get(account) ?? 'offline');
        }
      }),
      { numRuns: 300 },
    );
  });
});
