import {
  ActingRole,
  type GroupAccess,
  type MemberAccess,
  type MinimumRoles,
} from '@parley/protocol';
import {
  authorize as authorizeOnMessages,
  mayMentionEveryone,
  messagePermissions,
  skipsSlowMode,
} from '../messages/policy.ts';
import { type ConversationType, permissionsOf, removableRoles } from './policy.ts';

/** The settings that permissions in a conversation depend on, besides the role. */
export interface AccessSettings {
  readonly type: ConversationType;
  readonly minimumRoles: MinimumRoles;
  readonly isArchived: boolean;
  readonly memberCount: number;
}

/** Returns what the policies of conversations and of messages permit a member of this role. */
export function memberAccess(
  role: ActingRole,
  { type, minimumRoles, isArchived, memberCount }: AccessSettings,
): MemberAccess {
  const may = (action: 'post' | 'reply') =>
    authorizeOnMessages(role, action, 'own', minimumRoles) === 'yes' && !isArchived;
  const mayPost = may('post');
  const mayWrite = mayPost || may('reply');
  return {
    permissions: [
      ...(mayPost ? (['post'] as const) : []),
      ...(may('reply') ? (['reply_in_threads'] as const) : []),
      ...(mayWrite && skipsSlowMode(role) ? (['skip_slow_mode'] as const) : []),
      ...(mayWrite && mayMentionEveryone(role, minimumRoles, memberCount)
        ? (['mention_everyone'] as const)
        : []),
      ...permissionsOf(role, type, minimumRoles, isArchived),
    ],
    removableRoles: removableRoles(role, type, minimumRoles, isArchived),
    messagePermissions: isArchived
      ? { own: [], others: [] }
      : messagePermissions(role, minimumRoles),
  };
}

/** Returns what members of each role may do, so that clients need not ask after a change. */
export function groupAccess(settings: AccessSettings): GroupAccess {
  const byRole = Object.fromEntries(
    ActingRole.options.map((role) => [role, memberAccess(role, settings)]),
  );
  return {
    minimumRoles: settings.minimumRoles,
    byRole: byRole as Record<ActingRole, MemberAccess>,
  };
}
