import type { AccountRole } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { type AdminAction, mayAdminister, mayCreate } from './policy.ts';

const ROLES: AccountRole[] = ['owner', 'admin', 'member'];
const ACTIONS: AdminAction[] = [
  'update',
  'set_role',
  'deactivate',
  'reactivate',
  'unlock',
  'reset_second_factor',
  'end_sessions',
  'keys',
  'delete',
];

describe('administration', () => {
  test('members cannot administer accounts', () => {
    for (const target of ROLES) {
      for (const action of ACTIONS) expect(mayAdminister('member', target, action)).not.toBe('yes');
      expect(mayCreate('member', target)).not.toBe('yes');
    }
  });

  test('admins administer members but cannot raise roles', () => {
    for (const action of ACTIONS) {
      const verdict = mayAdminister('admin', 'member', action);
      expect(verdict).toBe(action === 'set_role' ? 'forbidden' : 'yes');
      expect(mayAdminister('admin', 'admin', action)).toBe('forbidden');
      expect(mayAdminister('admin', 'owner', action)).toBe('forbidden');
    }
    expect(ROLES.map((role) => mayCreate('admin', role))).toEqual([
      'forbidden',
      'forbidden',
      'yes',
    ]);
  });

  test('owners administer every account', () => {
    for (const target of ROLES) {
      for (const action of ACTIONS) expect(mayAdminister('owner', target, action)).toBe('yes');
      expect(mayCreate('owner', target)).toBe('yes');
    }
  });
});
