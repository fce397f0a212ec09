import { z } from './z.ts';

/** Who may do what in a group. */

/** The role of a member in a group. Owners may do everything, admins moderate the group. */
export const MemberRole = z.enum(['owner', 'admin', 'member']);
export type MemberRole = z.infer<typeof MemberRole>;
/**
 * The role with which a member acts. A guest of the server acts as `guest` in all its
 * conversations.
 */
export const ActingRole = z.enum([...MemberRole.options, 'guest']);
export type ActingRole = z.infer<typeof ActingRole>;
/** The minimum role for each action in a group: an announcement group has `post: 'admin'`. */
export const MinimumRoles = z
  .object({
    post: MemberRole,
    /**
     * Replies in threads; by default the same as `post`. A reply that is also sent to the
     * conversation needs both.
     */
    replyInThreads: MemberRole,
    invite: MemberRole,
    pin: MemberRole,
    deleteOthers: MemberRole,
    rename: MemberRole,
    /** `@everyone` and `@here`, in groups over `limits.mentionEveryoneMembers`. */
    mentionEveryone: MemberRole,
  })
  .meta({
    id: 'MinimumRoles',
    examples: [
      {
        post: 'admin',
        replyInThreads: 'member',
        invite: 'member',
        pin: 'admin',
        deleteOthers: 'admin',
        rename: 'admin',
        mentionEveryone: 'admin',
      },
    ],
  });
export type MinimumRoles = z.infer<typeof MinimumRoles>;
/**
 * Who can find and join a group: every member of the server, or only accounts that are added or
 * have a group link.
 */
export const Visibility = z.enum(['public', 'private']);
export type Visibility = z.infer<typeof Visibility>;
/**
 * An action on a conversation that the server permits to a member. `ban`: ban accounts, lift
 * bans and see the list. `configure`: change who may do
 * what in the group, and whether it is public. `archive`: archive the group and restore it.
 * `reply_in_threads`: reply in threads. `skip_slow_mode`: post without a wait. `mention_everyone`: `@everyone` and `@here` in messages.
 */
export const ConversationPermission = z.enum([
  'post',
  'reply_in_threads',
  'leave',
  'add_member',
  'remove_member',
  'ban',
  'change_role',
  'rename',
  'configure',
  'archive',
  'slow_mode',
  'skip_slow_mode',
  'mention_everyone',
  'delete',
]);
export type ConversationPermission = z.infer<typeof ConversationPermission>;

/** An action on a message that the server permits to a member. */
export const MessagePermission = z.enum(['edit', 'delete', 'react', 'pin', 'hide']);
export type MessagePermission = z.infer<typeof MessagePermission>;

/** The actions on messages that the server permits to a member. */
export const MessagePermissions = z.object({
  own: z.array(MessagePermission),
  others: z.array(MessagePermission),
});
export type MessagePermissions = z.infer<typeof MessagePermissions>;

/** The actions that a member may perform in a group, for clients to offer; the server checks every command. */
export const MemberAccess = z.object({
  permissions: z.array(ConversationPermission),
  removableRoles: z.array(MemberRole),
  messagePermissions: MessagePermissions,
});
export type MemberAccess = z.infer<typeof MemberAccess>;

/** What members of a group may do, by their role. */
export const GroupAccess = z.object({
  /** Events of earlier versions may lack some of them. */
  minimumRoles: MinimumRoles.partial({ replyInThreads: true }),
  byRole: z.object({
    owner: MemberAccess,
    admin: MemberAccess,
    member: MemberAccess,
    /** Events of earlier versions lack it. */
    guest: MemberAccess.optional(),
  }),
});
export type GroupAccess = z.infer<typeof GroupAccess>;
