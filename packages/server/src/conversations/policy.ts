import type { ConversationPermission, MemberRole } from '@parley/protocol';
import type { PolicyVerdict } from '../policy-verdict.ts';

/** An action on a conversation or its members. */
export type ConversationAction = 'join' | ConversationPermission;
/**
 * The type of a conversation, as far as permissions depend on it. `everyone` is the group of all
 * accounts: the owners and admins of the server count as its owners.
 */
export type ConversationType = 'direct' | 'public' | 'private' | 'everyone';
/** The role of the account that acts. A former member is a non-member. */
export type ActorRole = MemberRole | 'non_member';

type Verdicts = Readonly<Record<ConversationAction, PolicyVerdict>>;

const all = (verdict: PolicyVerdict): Verdicts => ({
  join: verdict,
  leave: verdict,
  add_member: verdict,
  remove_member: verdict,
  rename: verdict,
  delete: verdict,
});

const hidden = all('conversation_not_found');
const direct = all('not_a_group');
const everyone: Verdicts = { ...all('everyone_group'), join: 'yes', rename: 'forbidden' };

/**
 * Who may do what. A member who joins again changes nothing. To a non-member a conversation is
 * answered as if it did not exist, except that everyone may join the listed public groups.
 */
const POLICY: Readonly<Record<ConversationType, Readonly<Record<ActorRole, Verdicts>>>> = {
  direct: { owner: direct, member: direct, non_member: hidden },
  public: {
    owner: all('yes'),
    member: { ...all('forbidden'), join: 'yes', leave: 'yes', add_member: 'yes' },
    non_member: { ...hidden, join: 'yes' },
  },
  private: {
    owner: all('yes'),
    member: { ...all('forbidden'), join: 'yes', leave: 'yes' },
    non_member: hidden,
  },
  everyone: {
    owner: { ...everyone, rename: 'yes' },
    member: everyone,
    non_member: { ...hidden, join: 'yes' },
  },
};

/** Returns whether an account of this role may act so on a conversation of this type. */
export function authorize(
  role: ActorRole,
  type: ConversationType,
  action: ConversationAction,
): PolicyVerdict {
  return POLICY[type][role][action];
}

/** Returns the actions that a client offers to a member of this role. */
export function permissionsOf(role: MemberRole, type: ConversationType): ConversationPermission[] {
  // Members have joined: nothing to offer.
  const { join: _join, ...verdicts } = POLICY[type][role];
  return (Object.keys(verdicts) as ConversationPermission[]).filter(
    (action) => verdicts[action] === 'yes',
  );
}

/** Returns the type of a conversation. */
export function conversationType(c: {
  readonly kind: string;
  readonly visibility: string;
  readonly isEveryone: boolean;
}): ConversationType {
  if (c.kind === 'direct') return 'direct';
  if (c.isEveryone) return 'everyone';
  return c.visibility === 'public' ? 'public' : 'private';
}

/** Returns the role with which a member acts: in the group of everyone the server role decides. */
export function actingRole(
  role: MemberRole,
  type: ConversationType,
  isServerAdmin: boolean,
): MemberRole {
  if (type !== 'everyone') return role;
  return isServerAdmin ? 'owner' : 'member';
}
