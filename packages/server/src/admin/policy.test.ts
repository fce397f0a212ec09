import type { AccountId, AccountRole } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import {
  type AdminAction,
  type AdminTarget,
  adminPermissions,
  assignableRoles,
  creatableRoles,
  mayAdminister,
  mayAssign,
  mayCreate,
} from './policy.ts';

const ROLES: AccountRole[] = ['owner', 'admin', 'member', 'guest'];
const ACTIONS: AdminAction[] = [
  'update',
  'set_role',
  'deactivate',
  'reactivate',
  'suspend',
  'unsuspend',
  'unlock',
  'reset_second_factor',
  'end_sessions',
  'keys',
  'delete_messages',
  'delete',
];

describe('administration', () => {
  test.each(['member', 'guest'] as const)('a %s cannot administer accounts', (actor) => {
    for (const target of ROLES) {
      for (const action of ACTIONS) expect(mayAdminister(actor, target, action)).not.toBe('yes');
      expect(mayCreate(actor, target)).not.toBe('yes');
      for (const role of ROLES) expect(mayAssign(actor, target, role)).not.toBe('yes');
    }
  });

  test('admins administer members and guests but cannot raise roles', () => {
    for (const action of ACTIONS) {
      expect(mayAdminister('admin', 'member', action)).toBe('yes');
      expect(mayAdminister('admin', 'guest', action)).toBe('yes');
      expect(mayAdminister('admin', 'admin', action)).toBe('forbidden');
      expect(mayAdminister('admin', 'owner', action)).toBe('forbidden');
    }
    expect(ROLES.map((role) => mayCreate('admin', role))).toEqual([
      'forbidden',
      'forbidden',
      'yes',
      'yes',
    ]);
    for (const from of ROLES) {
      const isBelow = from === 'member' || from === 'guest';
      expect(ROLES.filter((to) => mayAssign('admin', from, to) === 'yes')).toEqual(
        isBelow ? ['member', 'guest'] : [],
      );
    }
  });

  test('owners administer every account', () => {
    for (const target of ROLES) {
      for (const action of ACTIONS) expect(mayAdminister('owner', target, action)).toBe('yes');
      expect(mayCreate('owner', target)).toBe('yes');
    }
  });
});

describe('what an admin is offered', () => {
  const me = 'me' as AccountId;
  const target = (role: AccountRole, rest: Partial<AdminTarget> = {}): AdminTarget => ({
    id: 'other' as AccountId,
    kind: 'user',
    role,
    isActive: true,
    isSuspended: false,
    secondFactor: true,
    ...rest,
  });
  const offered = (role: AccountRole, to: AdminTarget) =>
    adminPermissions({ account: me, role }, to).join(' ');
  const active =
    'update set_role deactivate suspend unlock reset_second_factor end_sessions delete_messages delete';

  /** By the role of the actor, then of the target. */
  const table: Record<AccountRole, Record<AccountRole, string>> = {
    owner: { owner: active, admin: active, member: active, guest: active },
    admin: { owner: '', admin: '', member: active, guest: active },
    member: { owner: '', admin: '', member: '', guest: '' },
    guest: { owner: '', admin: '', member: '', guest: '' },
  };
  test.each(ROLES)('follows the policy for an actor of role %s', (actor) => {
    const rows = ROLES.map((role) => [role, offered(actor, target(role))]);
    expect(Object.fromEntries(rows)).toEqual(table[actor]);
  });

  test('follows the state of the account', () => {
    expect(offered('owner', target('member', { isActive: false, secondFactor: false }))).toBe(
      'update set_role reactivate unlock delete_messages delete',
    );
    expect(offered('admin', target('member', { kind: 'service', secondFactor: false }))).toBe(
      'update set_role deactivate suspend keys delete_messages delete',
    );
    expect(offered('admin', target('member', { isSuspended: true }))).toBe(
      'update set_role deactivate unsuspend unlock reset_second_factor end_sessions delete_messages delete',
    );
    // One’s own account cannot be locked out or demoted by mistake.
    expect(offered('owner', target('owner', { id: me }))).toBe('update unlock');
    expect(offered('admin', target('admin', { id: me }))).toBe('');
  });

  test('includes the roles that may be given', () => {
    const roles = (actor: AccountRole, to: AdminTarget) =>
      assignableRoles({ account: me, role: actor }, to).join(' ');
    expect(roles('owner', target('member'))).toBe('owner admin member guest');
    expect(roles('owner', target('member', { kind: 'service' }))).toBe('admin member');
    expect(roles('owner', target('owner', { id: me }))).toBe('');
    expect(roles('admin', target('member'))).toBe('member guest');
    expect(roles('admin', target('guest'))).toBe('member guest');
    expect(roles('admin', target('member', { kind: 'service' }))).toBe('member');
    expect(ROLES.map((role) => creatableRoles(role).join(' '))).toEqual([
      'owner admin member guest',
      'member guest',
      '',
      '',
    ]);
  });
});
