import type { MemberRole, MinimumRoles } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { type ActorRole, minimumRolesOf } from '../permissions/minimum-roles.ts';
import {
  authorize,
  type ConversationAction,
  type ConversationType,
  permissionsOf,
  removableRoles,
} from './policy.ts';

const ACTIONS: ConversationAction[] = [
  'join',
  'leave',
  'add_member',
  'revoke_link',
  'remove_member',
  'ban',
  'change_role',
  'rename',
  'configure',
  'archive',
  'slow_mode',
  'delete',
];
const MINIMUM = minimumRolesOf('private', {});

/**
 * The policy in short form: + yes, - forbidden, ? not found, g not a group, e everyone group, i and c: the
 * group decides who may invite and who may change it.
 */
const TABLE: Record<ConversationType, Record<ActorRole, string>> = {
  //          join leave add revoke_link remove ban role rename configure archive slow_mode delete
  direct: {
    owner: 'gggggggggggg',
    admin: 'gggggggggggg',
    member: 'gggggggggggg',
    guest: 'gggggggggggg',
    non_member: '????????????',
  },
  public: {
    owner: '++i++++c++++',
    admin: '++i+++-c--+-',
    member: '++i+---c----',
    guest: '++----------',
    non_member: '+???????????',
  },
  private: {
    owner: '++i++++c++++',
    admin: '++i+++-c--+-',
    member: '++i+---c----',
    guest: '++----------',
    non_member: '????????????',
  },
  everyone: {
    owner: 'jeeeeeec+++e',
    admin: 'jeeeeeec--+e',
    member: 'jeeeeeec---e',
    guest: 'jeeeeee----e',
    non_member: 'j???????????',
  },
};
const VERDICTS: Record<string, string> = {
  '+': 'yes',
  j: 'yes',
  '-': 'forbidden',
  '?': 'conversation_not_found',
  g: 'not_a_group',
  e: 'everyone_group',
};
const RANKS = { member: 1, admin: 2, owner: 3 };

const cases = Object.entries(TABLE).flatMap(([type, roles]) =>
  Object.entries(roles).map(
    ([role, verdicts]) => [type as ConversationType, role as ActorRole, verdicts] as const,
  ),
);
const memberRoles = Object.keys(RANKS) as MemberRole[];

describe('the policy of conversations', () => {
  test.each(cases)('%s conversation, %s', (type, role, verdicts) => {
    for (const invite of memberRoles) {
      for (const rename of memberRoles) {
        const minimumRoles: MinimumRoles = { ...MINIMUM, invite, rename };
        const found = ACTIONS.map((action) => authorize(role, type, action, minimumRoles));
        const atLeast = (minimum: MemberRole) =>
          role !== 'non_member' && role !== 'guest' && RANKS[role] >= RANKS[minimum]
            ? 'yes'
            : 'forbidden';
        const expected = [...verdicts].map((v) =>
          v === 'i' ? atLeast(invite) : v === 'c' ? atLeast(rename) : VERDICTS[v],
        );
        expect(found).toEqual(expected);
      }
    }
  });

  test('permits a member exactly what it would not refuse', () => {
    for (const [type, role] of cases) {
      if (role === 'non_member') continue;
      const allowed = ACTIONS.filter(
        (action) =>
          action !== 'join' &&
          action !== 'revoke_link' &&
          authorize(role, type, action, MINIMUM) === 'yes',
      );
      expect(permissionsOf(role, type, MINIMUM)).toEqual(allowed);
    }
  });

  test('leaves of what it permits only leaving, revoking links, restoring and deleting in an archived group', () => {
    const left = ['leave', 'revoke_link', 'archive', 'delete'];
    for (const [type, role] of cases) {
      for (const action of ACTIONS) {
        const verdict = authorize(role, type, action, MINIMUM);
        const isRefused = verdict === 'yes' && !left.includes(action);
        const expected = isRefused ? 'conversation_archived' : verdict;
        expect(authorize(role, type, action, MINIMUM, true), `${type} ${role} ${action}`).toBe(
          expected,
        );
      }
      expect(removableRoles(role, type, MINIMUM, true)).toEqual([]);
    }
  });

  test('lets members add others to a public group and admins to a private one by default', () => {
    const may = (role: MemberRole, type: 'public' | 'private') =>
      authorize(role, type, 'add_member', minimumRolesOf(type, {}));
    expect([may('member', 'public'), may('member', 'private'), may('admin', 'private')]).toEqual([
      'yes',
      'forbidden',
      'yes',
    ]);
  });

  test.each([
    ['owner', 'private', ['owner', 'admin', 'member']],
    ['admin', 'private', ['member']],
    ['member', 'private', []],
    ['non_member', 'public', []],
    ['owner', 'direct', []],
    ['owner', 'everyone', []],
  ] as const)('an %s of a %s conversation may remove %j', (actor, type, expected) => {
    expect(removableRoles(actor, type, MINIMUM)).toEqual(expected);
  });
});
