import type { Event } from '@parley/protocol';
import { expect, test } from 'vitest';
import { applyWorkspaceEvent, type WorkspaceContext } from './workspace-events.ts';

/** Returns what an event causes: the calls of each module. */
function effectOf(type: string, data: object, { isLive = true, guests = [] as string[] } = {}) {
  const calls: unknown[][] = [];
  const record =
    (name: string) =>
    (...args: unknown[]) =>
      void calls.push([name, ...args]);
  const users = { put: record('put'), refresh: record('refresh') };
  const context = {
    state: { meId: 'me', changeMe: record('changeMe') },
    users: { ...users, isGuest: (id: string) => guests.includes(id) },
    loaded: { userGroups: { applied: record('groups') }, emoji: { applied: record('emoji') } },
    events: { emit: record('emit') },
    isLive: () => isLive,
  } as unknown as WorkspaceContext;
  const event = { type, at: 'then', seq: 1, data } as unknown as Event;
  applyWorkspaceEvent(event, context);
  return { calls, event };
}

const X = { account: 'x' };

test('a new user is known at once, looked up if the client is live, and reported to others', () => {
  const names = { username: 'x', displayName: 'X' };
  const user = {
    ...{ ...names, id: 'x', isActive: true, createdAt: 'then', nameIsShared: false, avatar: null },
  };
  const data = { ...X, ...names, role: 'member' };
  expect(effectOf('user.registered', data).calls).toEqual([
    ...[
      ['put', user],
      ['refresh', 'x'],
      ['emit', 'registered', user],
    ],
  ]);
  expect(effectOf('user.registered', data, { isLive: false }).calls).toEqual([['put', user]]);
  expect(effectOf('user.registered', { ...data, role: 'guest' }, { isLive: false }).calls).toEqual([
    ['put', { ...user, isGuest: true }],
  ]);
  const own = effectOf('user.registered', { ...data, account: 'me' }).calls;
  expect(own.map(([name]) => name)).toEqual(['put', 'refresh']);
});

test.each([
  ['user.deactivated', [['refresh', 'x']]],
  ['user.reactivated', [['refresh', 'x']]],
  ['user.suspended', []],
  ['user.unsuspended', []],
  ['group.created', []],
  ['server.updated', []],
  ['user.sang', []],
])('%s causes %j', (type, calls) => {
  expect(effectOf(type, X).calls).toEqual(calls);
});

test('a changed user is looked up again, and a changed own account is shown', () => {
  const data = { ...X, displayName: 'New', title: 'Boss' };
  expect(effectOf('user.updated', data).calls).toEqual([
    ['changeMe', 'x', { displayName: 'New', title: 'Boss' }],
    ['refresh', 'x'],
  ]);
});

test('a changed role is looked up only if it says who is a guest', () => {
  const effect = (role: string, guests: string[]) =>
    effectOf('user.role_changed', { ...X, role }, { guests }).calls.map(([name]) => name);
  expect(effectOf('user.role_changed', { ...X, role: 'admin' }).calls).toEqual([
    ['changeMe', 'x', { role: 'admin' }],
  ]);
  expect(effect('guest', [])).toEqual(['changeMe', 'refresh']);
  expect(effect('guest', ['x'])).toEqual(['changeMe']);
  expect(effect('member', ['x'])).toEqual(['changeMe', 'refresh']);
});

test.each([
  ['user_group.changed', 'groups'],
  ['user_group.deleted', 'groups'],
  ['emoji.changed', 'emoji'],
  ['emoji.deleted', 'emoji'],
])('%s is passed on to the %s', (type, to) => {
  const { calls, event } = effectOf(type, {});
  expect(calls).toEqual([[to, event]]);
});

test('a deleted user is looked up, and leaves its user groups', () => {
  const { calls, event } = effectOf('user.deleted', X);
  expect(calls).toEqual([
    ['refresh', 'x'],
    ['groups', event],
  ]);
});
