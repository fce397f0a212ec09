import { count, Timestamp } from '../base/bounds.ts';
import {
  ActingRole,
  ConversationPermission,
  MemberRole,
  MessagePermissions,
  MinimumRoles,
  Visibility,
} from '../base/group-access.ts';
import { AccountId, ConversationId, ImageId, LinkId, Seq, UserGroupId } from '../base/ids.ts';
import { z } from '../base/z.ts';
import { Message, UnreadMentions } from '../messages/messages.ts';
import { AccountRole, ConversationKind } from './events.ts';

/** Accounts and conversations as the API returns them. */

/** An account as other accounts see it. */
export const User = z
  .object({
    id: AccountId,
    username: z.string(),
    displayName: z.string(),
    isActive: z.boolean(),
    createdAt: Timestamp,
    /** Another account has a name that looks the same: show the username next to it. */
    nameIsShared: z.boolean(),
    /** Null: clients show the initials. */
    avatar: ImageId.nullable(),
    /** The account is a guest; left out if it is not. */
    isGuest: z.literal(true).optional(),
  })
  .meta({ id: 'User' });
export type User = z.infer<typeof User>;

/** The status of a user, as others see it. */
export const Status = z
  .object({
    emoji: z
      .string()
      .nullable()
      .meta({ examples: ['🌴'] }),
    text: z.string().meta({ examples: ['On vacation'] }),
    /** When emoji and text are removed; null: never. */
    expiresAt: Timestamp.nullable(),
    /** The end of “do not disturb”; null: off. */
    doNotDisturbUntil: Timestamp.nullable(),
    /** Whether the user has set themselves away: their presence is at most `idle`, until they change it. */
    isAway: z.boolean(),
  })
  .meta({ id: 'Status' });
export type Status = z.infer<typeof Status>;

/** The status of an account, as its user sees it. */
export const OwnStatus = Status.extend({
  /** Whether other users see when the account was last seen. Admins always see when its sessions were last used. */
  showLastSeen: z.boolean(),
}).meta({ id: 'OwnStatus' });
export type OwnStatus = z.infer<typeof OwnStatus>;

/** A user with what a profile card shows. */
export const UserProfile = User.extend({
  /** What the user does, such as a job title. */
  title: z
    .string()
    .nullable()
    .meta({ examples: ['Head of design'] }),
  pronouns: z
    .string()
    .nullable()
    .meta({ examples: ['she/her'] }),
  /** The name of the time zone in the IANA database. */
  timeZone: z
    .string()
    .nullable()
    .meta({ examples: ['Europe/Berlin'] }),
  status: Status.nullable(),
  /** When the user was last connected; null if that is hidden or not known. */
  lastSeenAt: Timestamp.nullable(),
}).meta({ id: 'UserProfile' });
export type UserProfile = z.infer<typeof UserProfile>;

/**
 * What an account may do on the server. `administer`: see and use the administration. `create_groups`: create
 * groups; `add_emoji`: add custom emoji. Settings of the server can limit both to admins. `browse_groups`: see and
 * join public groups, and join groups by links. `manage_legal_holds`: place, export and release legal holds. Guests
 * have none of them.
 */
export const OwnPermission = z.enum([
  'administer',
  'create_groups',
  'browse_groups',
  'add_emoji',
  'manage_legal_holds',
]);
export type OwnPermission = z.infer<typeof OwnPermission>;

/** An account as it sees itself. */
export const Me = z
  .object({
    id: AccountId,
    username: z.string(),
    displayName: z.string(),
    email: z.string(),
    /** The email address was verified. */
    verified: z.boolean(),
    /** Why emails to the address could not be delivered; null: no known failure. */
    emailFailure: z.object({ at: Timestamp, error: z.string() }).nullable(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    phone: z.string().nullable(),
    title: z.string().nullable(),
    pronouns: z.string().nullable(),
    timeZone: z.string().nullable(),
    role: AccountRole,
    /** What the account may do, for clients to offer; the server checks every request. */
    permissions: z.array(OwnPermission),
    /**
     * How long after a post, in seconds, its author may edit and delete it; 0: not at all, null: at any
     * time. Those who may delete the messages of others may also delete their own at any time.
     */
    messageWindows: z.object({ edit: count().nullable(), delete: count().nullable() }),
    /** It has an authenticator app or a passkey. */
    secondFactor: z.boolean(),
    /** The user has seen the tour of the web client, or skipped it. */
    isTourEnded: z.boolean(),
    /** The locale (BCP 47) in whose language emails and notifications are written; null: English. */
    locale: z.string().nullable(),
    isActive: z.boolean(),
    createdAt: Timestamp,
    /** Another account has a name that looks the same. */
    nameIsShared: z.boolean(),
    avatar: ImageId.nullable(),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;

/** A conversation as one of its members sees it, when the head of its stream is `lastSeq`. */
export const Conversation = z
  .object({
    id: ConversationId,
    kind: ConversationKind,
    visibility: Visibility,
    /** Null for direct conversations, which are shown under the name of the other user. */
    name: z.string().nullable(),
    /** The current topic, and the purpose of the group. Empty for direct conversations. */
    topic: z.string(),
    description: z.string(),
    /** Null if the group has none, and for direct conversations. */
    avatar: ImageId.nullable(),
    /** When the group was archived: it can be read, but not changed. Null if it is not archived. */
    archivedAt: Timestamp.nullable(),
    /** How long members wait between two posts, unless they have `skip_slow_mode`; 0: no wait. */
    slowModeSeconds: count(),
    /** Whether messages of the group get previews of their links. */
    linkPreviews: z.boolean(),
    isEveryone: z.boolean(),
    /** The other user of a direct conversation of two. */
    peer: AccountId.nullable(),
    /** The other users of a direct conversation, none for notes to oneself; null for groups. */
    peers: z.array(AccountId).nullable(),
    memberCount: count(),
    createdAt: Timestamp,
    /** The role of this member, and the seq of the event with which it joined. */
    role: MemberRole,
    /**
     * The role that decides what this member may do: the role on the server in the default
     * group, and `guest` if its account is a guest.
     */
    actingRole: ActingRole,
    /** What this member may do here, for clients to offer; the server checks every command. */
    permissions: z.array(ConversationPermission),
    /** The roles of the other members that this one may remove. */
    removableRoles: z.array(MemberRole),
    /** Who may do what in this group; null for direct conversations. */
    minimumRoles: MinimumRoles.nullable(),
    /**
     * What this member may do with its own messages and with those of others, Sent with the
     * conversation, so that a message has the same bytes for all members.
     */
    messagePermissions: MessagePermissions,
    joinedSeq: Seq,
    readSeq: Seq,
    /** The revision of the read cursor: how often the conversation was marked as unread. */
    readRevision: count(),
    unread: count(),
    unreadMentions: UnreadMentions,
    /** How far the other user of a direct conversation has read; null for groups. */
    peerReadSeq: Seq.nullable(),
    lastSeq: Seq,
    /**
     * The latest message that is not deleted, for lists, with the first 1,000 characters of its
     * body. Null for an API key without the scope `messages:read`.
     */
    lastMessage: Message.omit({
      attachments: true,
      mentions: true,
      reactions: true,
      pinned: true,
      forwardedFrom: true,
      poll: true,
      previews: true,
      replyTo: true,
      thread: true,
      alsoInConversation: true,
      threadSummary: true,
    }).nullable(),
  })
  .meta({ id: 'Conversation' });
export type Conversation = z.infer<typeof Conversation>;

/** A member who has seen a message: its read cursor is at the message or after it. */
export const SeenBy = z
  .object({ account: AccountId, username: z.string(), displayName: z.string() })
  .meta({ id: 'SeenBy' });
export type SeenBy = z.infer<typeof SeenBy>;

/** A public group in the list of groups, visible to every user. */
export const PublicGroup = z
  .object({
    id: ConversationId,
    name: z.string(),
    topic: z.string(),
    avatar: ImageId.nullable(),
    memberCount: count(),
    isMember: z.boolean(),
    createdAt: Timestamp,
  })
  .meta({ id: 'PublicGroup' });
export type PublicGroup = z.infer<typeof PublicGroup>;

/** An account to mention in a conversation. */
export const MentionSuggestion = z
  .object({
    account: AccountId,
    username: z.string().meta({ examples: ['ria'] }),
    displayName: z.string().meta({ examples: ['Ria Replies'] }),
    avatar: ImageId.nullable(),
    /** A mention of anyone else is shown, but not counted for them. */
    isMember: z.boolean(),
  })
  .meta({ id: 'MentionSuggestion' });
export type MentionSuggestion = z.infer<typeof MentionSuggestion>;

/** A user group to mention in a conversation. */
export const UserGroupSuggestion = z
  .object({
    userGroup: UserGroupId,
    name: z.string().meta({ examples: ['designers'] }),
    title: z.string().meta({ examples: ['Design team'] }),
    /** How many accounts it has; those that are members of the conversation are mentioned. */
    size: count(),
  })
  .meta({ id: 'UserGroupSuggestion' });
export type UserGroupSuggestion = z.infer<typeof UserGroupSuggestion>;

/** A member of a conversation. */
export const Member = z
  .object({
    account: AccountId,
    username: z.string(),
    displayName: z.string(),
    avatar: ImageId.nullable(),
    role: MemberRole,
    joinedSeq: Seq,
    /** How far this member has read; null in groups over `limits.receiptsMembers`. */
    readSeq: Seq.nullable(),
  })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;

/** An account that cannot join a group. */
export const Ban = z
  .object({
    account: AccountId,
    username: z.string(),
    displayName: z.string(),
    bannedBy: AccountId,
    bannedAt: Timestamp,
  })
  .meta({ id: 'Ban' });
export type Ban = z.infer<typeof Ban>;

/** An account whose direct messages are not accepted. */
export const BlockedUser = z
  .object({
    account: AccountId,
    username: z.string(),
    displayName: z.string(),
    blockedAt: Timestamp,
  })
  .meta({ id: 'BlockedUser' });
export type BlockedUser = z.infer<typeof BlockedUser>;

/** A link with which its holder joins a group, for those who may add people. */
export const GroupLink = z
  .object({
    id: LinkId,
    createdBy: AccountId,
    createdAt: Timestamp,
    expiresAt: Timestamp.nullable(),
    /** How many accounts may join with it; null: any number. */
    maxUses: count(1).nullable(),
    /** How many accounts have joined with it; each counts once. */
    uses: count(),
  })
  .meta({ id: 'GroupLink' });
export type GroupLink = z.infer<typeof GroupLink>;

/** What the holder of a group link sees before joining. */
export const LinkedGroup = z
  .object({
    id: ConversationId,
    name: z.string(),
    topic: z.string(),
    description: z.string(),
    memberCount: count(),
    isMember: z.boolean(),
  })
  .meta({ id: 'LinkedGroup' });
export type LinkedGroup = z.infer<typeof LinkedGroup>;
