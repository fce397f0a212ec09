import type { ConversationPermission, ErrorCode, LeastRoles, MemberRole } from '@parley/protocol';
import { type ActorRole, isAtLeast } from '../least-roles.ts';
import type { PolicyVerdict } from '../policy-verdict.ts';

export type { ActorRole } from '../least-roles.ts';

/** An action on a conversation or its members. The policy of messages has who may post. */
export type ConversationAction = 'join' | Exclude<ConversationPermission, 'post'>;
/**
 * The type of a conversation, as far as permissions depend on it. `everyone` is the group of all
 * accounts: the owners and admins of the server count as its owners.
 */
export type ConversationType = 'direct' | 'public' | 'private' | 'everyone';

/** Who may act: from a role upwards, from the role that the group has decided upwards, or no one. */
type Entry =
  | { readonly from: ActorRole }
  | { readonly decided: keyof LeastRoles }
  | { readonly refused: ErrorCode };
type Entries = Readonly<Record<ConversationAction, Entry>>;

const GROUP: Entries = {
  join: { from: 'member' },
  leave: { from: 'member' },
  add_member: { decided: 'invite' },
  remove_member: { from: 'admin' },
  change_role: { from: 'owner' },
  rename: { decided: 'change' },
  configure: { from: 'owner' },
  delete: { from: 'owner' },
};
const noOne = (code: ErrorCode): Entries => {
  const entry = { refused: code };
  return {
    join: entry,
    leave: entry,
    add_member: entry,
    remove_member: entry,
    change_role: entry,
    rename: entry,
    configure: entry,
    delete: entry,
  };
};

/**
 * Who may do what. A member who joins again changes nothing. To a non-member a conversation is
 * answered as if it did not exist, except that everyone may join the listed public groups.
 */
const POLICY: Readonly<Record<ConversationType, Entries>> = {
  direct: noOne('not_a_group'),
  public: { ...GROUP, join: { from: 'non_member' } },
  private: GROUP,
  everyone: {
    ...noOne('everyone_group'),
    join: { from: 'non_member' },
    rename: { decided: 'change' },
    configure: { from: 'owner' },
  },
};

/** Returns whether an account of this role may act so on a conversation of this type. */
export function authorize(
  role: ActorRole,
  type: ConversationType,
  action: ConversationAction,
  leastRoles: LeastRoles,
): PolicyVerdict {
  const entry = POLICY[type][action];
  if ('refused' in entry) return role === 'non_member' ? 'conversation_not_found' : entry.refused;
  const least = 'from' in entry ? entry.from : leastRoles[entry.decided];
  if (isAtLeast(role, least)) return 'yes';
  return role === 'non_member' ? 'conversation_not_found' : 'forbidden';
}

/** Returns the actions that a client offers to a member of this role. */
export function permissionsOf(
  role: MemberRole,
  type: ConversationType,
  leastRoles: LeastRoles,
): ConversationPermission[] {
  // Members have joined: nothing to offer.
  const { join: _join, ...entries } = POLICY[type];
  return (Object.keys(entries) as Exclude<ConversationPermission, 'post'>[]).filter(
    (action) => authorize(role, type, action, leastRoles) === 'yes',
  );
}

/** Returns whether a member may remove another one: owners may remove all, admins only members. */
export const mayRemove = (actor: ActorRole, target: MemberRole): boolean =>
  actor === 'owner' || !isAtLeast(target, actor);

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
