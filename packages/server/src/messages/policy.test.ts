import type { MemberRole, MinimumRoles } from '@parley/protocol';
import { expect, test } from 'vitest';
import { type ActorRole, minimumRolesOf } from '../permissions/minimum-roles.ts';
import { type Authorship, authorize, type MessageAction, messagePermissions } from './policy.ts';

const ACTIONS: MessageAction[] = ['post', 'edit', 'delete', 'react', 'pin', 'hide'];
const RANKS: Record<ActorRole, number> = {
  non_member: 0,
  guest: 1,
  member: 1,
  admin: 2,
  owner: 3,
};
const DECISIONS: MemberRole[] = ['member', 'admin', 'owner'];

/** The policy of members in short form: + yes, - forbidden, and the decisions of the group by letter. */
const TABLE: Record<Authorship, string> = {
  //    post edit delete react pin hide
  own: 'P+++ID',
  others: '--D+ID',
};
const LETTERS: Record<string, keyof MinimumRoles> = { P: 'post', D: 'deleteOthers', I: 'pin' };

const cases = (Object.keys(TABLE) as Authorship[]).flatMap((authorship) =>
  (Object.keys(RANKS) as ActorRole[]).map((role) => [role, authorship] as const),
);

test.each(cases)('the policy of messages: %s, %s', (role, authorship) => {
  for (const least of DECISIONS) {
    for (const what of ['post', 'deleteOthers', 'pin'] as const) {
      const minimumRoles = minimumRolesOf('public', { [what]: least });
      const expected = [...TABLE[authorship]].map((v) => {
        if (role === 'non_member') return 'conversation_not_found';
        const decision = LETTERS[v];
        const isAllowed = decision ? RANKS[role] >= RANKS[minimumRoles[decision]] : v === '+';
        return isAllowed ? 'yes' : 'forbidden';
      });
      const found = ACTIONS.map((action) => authorize(role, action, authorship, minimumRoles));
      expect(found, `${what}: ${least}`).toEqual(expected);
    }
  }
});

test('members are offered what the policy allows them', () => {
  for (const role of ['guest', 'member', 'admin', 'owner'] as const) {
    for (const pin of DECISIONS) {
      const minimumRoles = minimumRolesOf('public', { pin });
      const allowed = (authorship: Authorship) =>
        ACTIONS.filter(
          (action) =>
            action !== 'post' && authorize(role, action, authorship, minimumRoles) === 'yes',
        );
      expect(messagePermissions(role, minimumRoles)).toEqual({
        own: allowed('own'),
        others: allowed('others'),
      });
    }
  }
});

test('by default all members post and pin, and admins delete the messages of others', () => {
  for (const visibility of ['public', 'private'] as const) {
    const { post, pin, deleteOthers } = minimumRolesOf(visibility, {});
    expect({ post, pin, deleteOthers }).toEqual({
      post: 'member',
      pin: 'member',
      deleteOthers: 'admin',
    });
  }
});
