import { SETUP_STEPS } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { landingOf } from './landing.ts';

const member = { permissions: ['create_groups' as const], isTourEnded: false };
const owner = { permissions: ['administer' as const], isTourEnded: false };

describe('a user who logs in for the first time', () => {
  test('lands in the first group', () => {
    expect(landingOf(member, SETUP_STEPS, 'everyone')).toEqual({ conversation: 'everyone' });
  });

  test('lands in the setup guide while the server is being set up, if permitted', () => {
    expect(landingOf(owner, SETUP_STEPS, 'everyone')).toBe('setup');
    expect(landingOf(owner, ['groups'], 'everyone')).toBe('setup');
    expect(landingOf(owner, [], 'everyone')).toEqual({ conversation: 'everyone' });
  });

  test('stays where they are without a group', () => {
    expect(landingOf(member, null, undefined)).toBeNull();
  });

  test('stays where they are while it is not known whether they are new', () => {
    expect(landingOf({ permissions: [] }, [], 'everyone')).toBeNull();
  });

  test('a user is not redirected once the tour is over', () => {
    expect(landingOf({ ...owner, isTourEnded: true }, SETUP_STEPS, 'everyone')).toBeNull();
  });
});
