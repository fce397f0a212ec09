import type { MemberRole } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import {
  type ActorRole,
  authorize,
  type ConversationAction,
  type ConversationType,
  permissionsOf,
} from './policy.ts';

const ACTIONS: ConversationAction[] = [
  'join',
  'leave',
  'add_member',
  'remove_member',
  'rename',
  'delete',
];

/** The policy in short form: + yes, - forbidden, ? not found, g not a group, e everyone group. */
const TABLE: Record<ConversationType, Record<ActorRole, string>> = {
  //          join leave add remove rename delete
  direct: { owner: 'gggggg', member: 'gggggg', non_member: '??????' },
  public: { owner: '++++++', member: '+++---', non_member: '+?????' },
  private: { owner: '++++++', member: '++----', non_member: '??????' },
  everyone: { owner: '+eee+e', member: '+eee-e', non_member: '+?????' },
};
const VERDICTS: Record<string, string> = {
  '+': 'yes',
  '-': 'forbidden',
  '?': 'conversation_not_found',
  g: 'not_a_group',
  e: 'everyone_group',
};

const cases = Object.entries(TABLE).flatMap(([type, roles]) =>
  Object.entries(roles).map(
    ([role, verdicts]) => [type as ConversationType, role as ActorRole, verdicts] as const,
  ),
);

describe('the policy of conversations', () => {
  test.each(cases)('%s conversation, %s', (type, role, verdicts) => {
    const found = ACTIONS.map((action) => authorize(role, type, action));
    expect(found).toEqual([...verdicts].map((v) => VERDICTS[v]));
  });

  test('permits a member exactly what it would not refuse', () => {
    for (const [type, role] of cases) {
      if (role === 'non_member') continue;
      const allowed = ACTIONS.filter(
        (action) => action !== 'join' && authorize(role, type, action) === 'yes',
      );
      expect(permissionsOf(role as MemberRole, type)).toEqual(allowed);
    }
  });
});
