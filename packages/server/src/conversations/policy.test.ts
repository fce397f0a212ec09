import type { LeastRoles, MemberRole } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { leastRolesOf } from '../least-roles.ts';
import {
  type ActorRole,
  authorize,
  type ConversationAction,
  type ConversationType,
  mayRemove,
  permissionsOf,
} from './policy.ts';

const ACTIONS: ConversationAction[] = [
  'join',
  'leave',
  'add_member',
  'remove_member',
  'change_role',
  'rename',
  'configure',
  'delete',
];
const LEAST = leastRolesOf('private', {});

/**
 * The policy in short form: + yes, - forbidden, ? not found, g not a group, e everyone group, i and c: the
 * group decides who may invite and who may change it.
 */
const TABLE: Record<ConversationType, Record<ActorRole, string>> = {
  //          join leave add remove role rename configure delete
  direct: { owner: 'gggggggg', admin: 'gggggggg', member: 'gggggggg', non_member: '????????' },
  public: { owner: '++i++c++', admin: '++i+-c--', member: '++i--c--', non_member: '+???????' },
  private: { owner: '++i++c++', admin: '++i+-c--', member: '++i--c--', non_member: '????????' },
  everyone: { owner: 'jeeeec+e', admin: 'jeeeec-e', member: 'jeeeec-e', non_member: 'j???????' },
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
const decisions = Object.keys(RANKS) as MemberRole[];

describe('the policy of conversations', () => {
  test.each(cases)('%s conversation, %s', (type, role, verdicts) => {
    for (const invite of decisions) {
      for (const change of decisions) {
        const leastRoles: LeastRoles = { ...LEAST, invite, change };
        const found = ACTIONS.map((action) => authorize(role, type, action, leastRoles));
        const decided = (least: MemberRole) =>
          role !== 'non_member' && RANKS[role] >= RANKS[least] ? 'yes' : 'forbidden';
        const expected = [...verdicts].map((v) =>
          v === 'i' ? decided(invite) : v === 'c' ? decided(change) : VERDICTS[v],
        );
        expect(found).toEqual(expected);
      }
    }
  });

  test('permits a member exactly what it would not refuse', () => {
    for (const [type, role] of cases) {
      if (role === 'non_member') continue;
      const allowed = ACTIONS.filter(
        (action) => action !== 'join' && authorize(role, type, action, LEAST) === 'yes',
      );
      expect(permissionsOf(role, type, LEAST)).toEqual(allowed);
    }
  });

  test('lets members add others to a public group and admins to a private one by default', () => {
    const may = (role: MemberRole, type: 'public' | 'private') =>
      authorize(role, type, 'add_member', leastRolesOf(type, {}));
    expect([may('member', 'public'), may('member', 'private'), may('admin', 'private')]).toEqual([
      'yes',
      'forbidden',
      'yes',
    ]);
  });

  test.each([
    ['owner', [true, true, true]],
    ['admin', [true, false, false]],
  ] as const)('an %s may remove: member, admin, owner: %j', (actor, expected) => {
    expect((['member', 'admin', 'owner'] as const).map((t) => mayRemove(actor, t))).toEqual(
      expected,
    );
  });
});
