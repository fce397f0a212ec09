import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebLocks } from '../../test/support/web-locks.ts';
import { browserTabChannel, type TabChannel, type TabMessage } from './tab-channel.ts';

let locks: WebLocks;
const open: TabChannel[] = [];

beforeEach(() => {
  locks = new WebLocks();
  vi.stubGlobal('navigator', { locks });
});
afterEach(() => {
  for (const channel of open.splice(0)) channel.close();
  vi.unstubAllGlobals();
});

/** Runs everything that is in flight between the tabs. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 10));

/** The channel of a tab, with what it has received and whether it leads. */
function aTab(tab: string, name = 'channel') {
  const received: TabMessage[] = [];
  const events: string[] = [];
  const channel = browserTabChannel(name, tab, (message) => received.push(message));
  if (!channel) throw new Error('There is no channel');
  open.push(channel);
  const lead = (mode: 'wait' | 'steal') =>
    channel.lead(
      mode,
      () => events.push('leads'),
      () => events.push('resigned'),
    );
  return { channel, received, events, lead };
}

describe('the channel between tabs', () => {
  test('is missing in a browser without locks', () => {
    vi.stubGlobal('navigator', {});
    expect(browserTabChannel('channel', 'a', () => undefined)).toBeNull();
    vi.stubGlobal('navigator', { locks });
    vi.stubGlobal('BroadcastChannel', undefined);
    expect(browserTabChannel('channel', 'a', () => undefined)).toBeNull();
  });

  test('carries messages to the other tabs of its name, until it is closed', async () => {
    const [a, b, other] = [aTab('a'), aTab('b'), aTab('c', 'another')];
    a.channel.post({ from: 'a', kind: 'ask' });
    a.channel.post({ from: 'a', kind: 'left' });
    await expect.poll(() => b.received.map(({ kind }) => kind)).toEqual(['ask', 'left']);
    expect([a.received, other.received]).toEqual([[], []]);
    a.channel.close();
    expect(() => a.channel.post({ from: 'a', kind: 'ask' })).not.toThrow();
    b.channel.post({ from: 'b', kind: 'ask' });
    await settle();
    expect([b.received.length, a.received]).toEqual([2, []]);
  });

  test('has one leader at a time: the next one leads when it leaves', async () => {
    const [a, b, c] = [aTab('a'), aTab('b'), aTab('c')];
    for (const { lead } of [a, b, c]) lead('wait');
    await settle();
    expect([a.events, b.events]).toEqual([['leads'], []]);
    // One that waits may leave, too.
    b.channel.close();
    a.channel.close();
    await settle();
    expect([a.events, b.events, c.events]).toEqual([['leads'], [], ['leads']]);
  });

  test('has the leader that has stolen the lead, and tells the former one', async () => {
    const [a, b, c] = [aTab('a'), aTab('b'), aTab('c')];
    a.lead('wait');
    await settle();
    c.lead('wait');
    b.lead('steal');
    await settle();
    expect([a.events, b.events, c.events]).toEqual([['leads', 'resigned'], ['leads'], []]);
    b.channel.close();
    await settle();
    expect([b.events, c.events]).toEqual([['leads'], ['leads']]);
    // A tab that is closed while it steals neither leads nor keeps the lead.
    c.lead('steal');
    c.channel.close();
    await settle();
    expect(c.events).toEqual(['leads']);
    expect(locks.isHeld('channel')).toBe(false);
  });

  test('reports once that a tab was closed', async () => {
    const [a, b] = [aTab('a'), aTab('b')];
    const closed: string[] = [];
    const watch = () => a.channel.whenClosed('b', () => closed.push('b'));
    watch();
    watch();
    await settle();
    expect(closed).toEqual([]);
    b.channel.close();
    await settle();
    expect(closed).toEqual(['b']);
    // A tab that is closed already, and a watching tab that is closed first.
    watch();
    await settle();
    expect(closed).toEqual(['b', 'b']);
    const c = aTab('c');
    a.channel.whenClosed('c', () => closed.push('c'));
    a.channel.close();
    c.channel.close();
    await settle();
    expect(closed).toEqual(['b', 'b']);
  });
});
