import {
  type ActingRole,
  type ConversationPermission,
  type ErrorCode,
  MemberRole,
  type MinimumRoles,
} from '@parley/protocol';
import { type ActorRole, isAtLeast } from '../permissions/minimum-roles.ts';
import type { PolicyVerdict } from '../permissions/policy-verdict.ts';

/** An action on a conversation or its members. The policy of messages has who may post and mention everyone. */
export type ConversationAction =
  | 'join'
  | 'revoke_link'
  | Exclude<ConversationPermission, DecidedByMessages>;
/** Permissions that the policy of messages decides. */
type DecidedByMessages = 'post' | 'reply_in_threads' | 'skip_slow_mode' | 'mention_everyone';
/**
 * The type of a conversation, as far as permissions depend on it. `everyone` is the group of all
 * accounts; owners and admins of the server act as its owners.
 */
export type ConversationType = 'direct' | 'public' | 'private' | 'everyone';

/** Who may act: from a role upwards, from the minimum role of this group upwards, or no one. */
type Entry =
  | { readonly from: ActorRole }
  | { readonly minimum: keyof MinimumRoles }
  | { readonly refused: ErrorCode };
type Entries = Readonly<Record<ConversationAction, Entry>>;

const GROUP: Entries = {
  join: { from: 'member' },
  leave: { from: 'member' },
  add_member: { minimum: 'invite' },
  // Only links that the member created; accounts that may ban can revoke any.
  revoke_link: { from: 'member' },
  remove_member: { from: 'admin' },
  ban: { from: 'admin' },
  change_role: { from: 'owner' },
  rename: { minimum: 'rename' },
  configure: { from: 'owner' },
  archive: { from: 'owner' },
  slow_mode: { from: 'admin' },
  delete: { from: 'owner' },
};
const noOne = (code: ErrorCode): Entries => {
  const entry = { refused: code };
  return {
    join: entry,
    leave: entry,
    add_member: entry,
    revoke_link: entry,
    remove_member: entry,
    ban: entry,
    change_role: entry,
    rename: entry,
    configure: entry,
    archive: entry,
    slow_mode: entry,
    delete: entry,
  };
};

/**
 * Who may do what. A member who joins again changes nothing. For non-members a conversation does
 * not exist, except that everyone may join listed public groups.
 */
const POLICY: Readonly<Record<ConversationType, Entries>> = {
  direct: noOne('not_a_group'),
  public: { ...GROUP, join: { from: 'non_member' } },
  private: GROUP,
  everyone: {
    ...noOne('everyone_group'),
    join: { from: 'non_member' },
    rename: { minimum: 'rename' },
    configure: { from: 'owner' },
    archive: { from: 'owner' },
    slow_mode: { from: 'admin' },
  },
};

/** What guests can do in their groups. They cannot join others by themselves. */
const BY_GUESTS: ReadonlySet<ConversationAction> = new Set(['join', 'leave']);

/** What can still be done with an archived group. */
const WHILE_ARCHIVED: ReadonlySet<ConversationAction> = new Set([
  'leave',
  'revoke_link',
  'archive',
  'delete',
]);

/**
 * Returns whether an account of this role may perform the action on a conversation of this type.
 */
export function authorize(
  role: ActorRole,
  type: ConversationType,
  action: ConversationAction,
  minimumRoles: MinimumRoles,
  isArchived = false,
): PolicyVerdict {
  const entry = POLICY[type][action];
  if ('refused' in entry) return role === 'non_member' ? 'conversation_not_found' : entry.refused;
  const minimum = 'from' in entry ? entry.from : minimumRoles[entry.minimum];
  if (role === 'guest' && !BY_GUESTS.has(action)) return 'forbidden';
  if (isAtLeast(role, minimum)) {
    return isArchived && !WHILE_ARCHIVED.has(action) ? 'conversation_archived' : 'yes';
  }
  return role === 'non_member' ? 'conversation_not_found' : 'forbidden';
}

/** Returns the actions that a client offers to a member of this role. */
export function permissionsOf(
  role: ActingRole,
  type: ConversationType,
  minimumRoles: MinimumRoles,
  isArchived = false,
): ConversationPermission[] {
  // Not offered: members have joined already, and who may revoke a link depends on the link.
  const { join: _join, revoke_link: _revoke, ...entries } = POLICY[type];
  return (Object.keys(entries) as Exclude<ConversationPermission, DecidedByMessages>[]).filter(
    (action) => authorize(role, type, action, minimumRoles, isArchived) === 'yes',
  );
}

/** Returns the roles of the members that a member may remove: owners remove all, admins those below. */
export function removableRoles(
  role: ActorRole,
  type: ConversationType,
  minimumRoles: MinimumRoles,
  isArchived = false,
): MemberRole[] {
  if (authorize(role, type, 'remove_member', minimumRoles, isArchived) !== 'yes') return [];
  return MemberRole.options.filter((target) => role === 'owner' || !isAtLeast(target, role));
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
