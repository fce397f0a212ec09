import type { AccountId, Event } from '@parley/protocol';
import { expect, test } from 'vitest';
import { membershipChange } from './membership.ts';

const [ME, OTHER] = ['me', 'other'] as AccountId[] as [AccountId, AccountId];

test.each([
  ['member.joined', { account: ME, role: 'member' }, 'starts'],
  ['member.joined', { account: OTHER, role: 'member' }, null],
  ['member.left', { account: ME }, 'ends'],
  ['member.left', { account: OTHER }, null],
  ['conversation.deleted', {}, 'ends'],
  ['member.role_changed', { account: ME, role: 'owner' }, null],
  ['message.posted', { body: 'x' }, null],
  // Says nothing about a conversation’s members.
  ['user.deactivated', { account: ME }, null],
  ['user.deleted', { account: ME }, null],
  ['conversation.left', { conversation: 'c', seq: 1 }, null],
  // Of a newer server.
  ['member.sang', { account: ME }, null],
])('%s with %j: the membership of this account %s', (type, data, expected) => {
  expect(membershipChange({ type, data } as Event, ME)).toBe(expected);
});
