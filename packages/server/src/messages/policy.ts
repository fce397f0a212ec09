import {
  type ActingRole,
  type Conversation,
  LIMITS,
  MessagePermission,
  type MinimumRoles,
} from '@parley/protocol';
import { type ActorRole, isAtLeast } from '../permissions/minimum-roles.ts';
import type { PolicyVerdict } from '../permissions/policy-verdict.ts';

/** An action on messages. `react` and `pin` include removing a reaction or a pin. */
export type MessageAction =
  | 'post'
  | 'reply'
  | 'vote'
  | 'close_poll'
  | 'remove_preview'
  | 'hide'
  | MessagePermission;
/** Whose message the action is about. Posts and replies in threads are always the account’s own. */
export type Authorship = 'own' | 'others';

/** Who may act: all members, those from the minimum role of this group upwards, or no one. */
type Entry = 'members' | keyof MinimumRoles | 'no_one';

/**
 * Who may do what. Requests from non-members are answered as if the conversation did not exist,
 * even about their own messages.
 */
const POLICY: Readonly<Record<MessageAction, Readonly<Record<Authorship, Entry>>>> = {
  post: { own: 'post', others: 'no_one' },
  reply: { own: 'replyInThreads', others: 'no_one' },
  edit: { own: 'members', others: 'no_one' },
  delete: { own: 'members', others: 'deleteOthers' },
  react: { own: 'members', others: 'members' },
  pin: { own: 'pin', others: 'pin' },
  vote: { own: 'members', others: 'members' },
  close_poll: { own: 'members', others: 'deleteOthers' },
  remove_preview: { own: 'members', others: 'deleteOthers' },
  hide: { own: 'deleteOthers', others: 'deleteOthers' },
};

/** Why an action that the policy forbids is refused. */
export const FORBIDDEN: Readonly<Partial<Record<MessageAction, string>>> = {
  post: 'Your role in this group can’t post messages',
  reply: 'Your role in this group can’t reply in threads',
  edit: 'Only its author may edit a message',
  delete: 'Only the author or a member with a higher role may delete a message',
  pin: 'Your role in this group can’t pin messages',
  remove_preview: 'Only its author or a member with a higher role may remove a link preview',
  hide: 'Only a member with a higher role may hide messages and show them again',
  close_poll: 'Only its author or a member with a higher role may close a poll',
};

/** Returns whether an account of this role in the conversation may perform the action. */
export function authorize(
  role: ActorRole,
  action: MessageAction,
  authorship: Authorship,
  minimumRoles: MinimumRoles,
): PolicyVerdict {
  if (role === 'non_member') return 'conversation_not_found';
  const entry = POLICY[action][authorship];
  if (entry === 'no_one') return 'forbidden';
  return entry === 'members' || isAtLeast(role, minimumRoles[entry]) ? 'yes' : 'forbidden';
}

/** Returns whether slow mode does not apply to a member of this role. */
export const skipsSlowMode = (role: ActorRole): boolean => isAtLeast(role, 'admin');

/**
 * Returns whether a member of this role may mention everyone: any member of a small group, and from the
 * minimum role of the group upwards in a large one. Guests may not.
 */
export const mayMentionEveryone = (
  role: ActorRole,
  { mentionEveryone }: MinimumRoles,
  memberCount: number,
): boolean =>
  role !== 'guest' &&
  isAtLeast(role, memberCount > LIMITS.mentionEveryoneMembers ? mentionEveryone : 'member');

/** Returns the actions that a client offers a member, on its own messages and on those of others. */
export function messagePermissions(
  role: ActingRole,
  minimumRoles: MinimumRoles,
): Conversation['messagePermissions'] {
  const of = (authorship: Authorship): MessagePermission[] =>
    MessagePermission.options.filter(
      (action) => authorize(role, action, authorship, minimumRoles) === 'yes',
    );
  return { own: of('own'), others: of('others') };
}
