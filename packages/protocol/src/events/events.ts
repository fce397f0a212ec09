import { count, Timestamp } from '../base/bounds.ts';
import { Attachment, LinkPreview } from '../base/files.ts';
import { GroupAccess, MemberRole, MinimumRoles, Visibility } from '../base/group-access.ts';
import {
  AccountId,
  ClientId,
  ConversationId,
  EmojiId,
  ImageId,
  LinkId,
  ScheduledId,
  Seq,
  StreamId,
  UserGroupId,
} from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { ReactionEmoji } from '../base/text.ts';
import { z } from '../base/z.ts';
import { ForwardedFrom, Mention, ThreadSummary } from '../messages/message-content.ts';
import { NotificationOverride, NotificationSettings } from '../notifications/notifications.ts';
import { ReportReason, ReportResolution } from '../settings/report.ts';
import { MessageRetention } from '../settings/retention.ts';
import { ChangedServerSettings } from '../settings/server-settings.ts';
import { SidebarClosing, SidebarLayout, SidebarMove } from '../settings/sidebar.ts';

/**
 * Every durable fact that clients must learn of is an event in a stream. This file lists all event
 * types with the schema of their `data`.
 */

/** The kind of a conversation. It never changes. */
export const ConversationKind = z.enum(['direct', 'group']);
export type ConversationKind = z.infer<typeof ConversationKind>;
/**
 * The role of an account on the server. A guest has access only to the conversations that it was added to, and
 * to the users in them.
 */
export const AccountRole = z.enum(['owner', 'admin', 'member', 'guest']);
export type AccountRole = z.infer<typeof AccountRole>;
/** The kind of a stream: of a conversation, of one account, or of the whole server. */
export const StreamKind = z.enum(['conversation', 'personal', 'workspace']);
export type StreamKind = z.infer<typeof StreamKind>;

/** Left out if there are none. */
const mentions = z.array(Mention).max(LIMITS.mentionsPerMessage).optional();

/**
 * The thread of a message: the seq of its root, the message that was replied to. A reply is shown in its
 * thread, and with `alsoInConversation` among the messages of the conversation as well.
 */
const inThread = { thread: Seq.optional(), alsoInConversation: z.boolean().optional() };

/** A choice of a poll, by its index. */
const PollChoice = count(0, LIMITS.pollChoicesMax - 1);

/** The choices of a poll; its question is the text of the message. */
const PollStart = z.object({
  choices: z.array(z.string()).min(LIMITS.pollChoicesMin).max(LIMITS.pollChoicesMax),
  /** Whether one may vote for several choices. */
  isMultiple: z.boolean(),
  /**
   * When it closes by itself; null: when its author, or a member who may delete the messages of others,
   * closes it.
   */
  endsAt: Timestamp.nullable(),
});

/** The text of a message. Empty after the message was deleted. */
const MessageText = z.string();

/**
 * The `data` of the events in the streams of conversations. `message` is the seq of the event that
 * posted the message.
 */
const CONVERSATION_EVENTS = {
  'conversation.created': z.object({
    kind: ConversationKind,
    visibility: Visibility,
    name: z.string().nullable(),
    /**
     * The users of a direct conversation, ordered by id; the same user twice for notes to oneself.
     */
    users: z.array(AccountId).min(2).max(LIMITS.directUsersMax).optional(),
  }),
  'conversation.updated': z.object({
    name: z.string().optional(),
    topic: z.string().optional(),
    description: z.string().optional(),
    visibility: Visibility.optional(),
    /** Those that were changed. */
    minimumRoles: MinimumRoles.partial().optional(),
    /** True: the group was archived; false: it was restored. */
    archived: z.boolean().optional(),
    slowModeSeconds: count(0, LIMITS.slowModeSecondsMax).optional(),
    retention: MessageRetention.optional(),
    /** Null: it was removed. */
    avatar: ImageId.nullable().optional(),
    linkPreviews: z.boolean().optional(),
    /** What members may do after the event, if that has changed. */
    access: GroupAccess.optional(),
  }),
  'conversation.deleted': z.object({}),
  /** `link`: the group link with which the account joined. */
  'member.joined': z.object({ account: AccountId, role: MemberRole, link: LinkId.optional() }),
  /** The actor differs from `account` if the member was removed. */
  'member.left': z.object({ account: AccountId }),
  'member.role_changed': z.object({ account: AccountId, role: MemberRole }),
  /** The account cannot join, be added or use a link until the ban is lifted. */
  'member.banned': z.object({ account: AccountId }),
  'member.unbanned': z.object({ account: AccountId }),
  /** A group link; its holders may join. Only its creator has seen its secret. */
  'link.created': z.object({
    link: LinkId,
    expiresAt: Timestamp.nullable(),
    maxUses: count(1).nullable(),
  }),
  'link.revoked': z.object({ link: LinkId }),
  /** `replyTo` is the seq of the message that it quotes, in the same conversation. */
  'message.posted': z.object({
    body: MessageText,
    replyTo: Seq.optional(),
    ...inThread,
    mentions,
    /** Left out if there are none. */
    attachments: z.array(Attachment).max(LIMITS.attachmentsPerMessage).optional(),
    forwardedFrom: ForwardedFrom.optional(),
    poll: PollStart.optional(),
  }),
  /**
   * The indexes of the choices that the actor votes for, replacing `before`, its earlier ones.
   * Events of earlier versions lack `before`.
   */
  'poll.voted': z.object({
    message: Seq,
    choices: z.array(PollChoice),
    before: z.array(PollChoice).optional(),
  }),
  /** The poll is closed for votes. */
  'poll.closed': z.object({ message: Seq }),
  /** `thread` and `alsoInConversation` are those of the message. */
  'message.edited': z.object({ message: Seq, body: MessageText, ...inThread, mentions }),
  /**
   * For a reply it also has the summary of the thread after all deletions of the command; null: no
   * replies. The actor is {@link SYSTEM} if the message has expired: it and all earlier messages
   * are no longer in the history.
   */
  'message.deleted': z.object({
    message: Seq,
    author: AccountId,
    ...inThread,
    threadSummary: ThreadSummary.nullable().optional(),
  }),
  /**
   * A moderator has hidden a message. Its text and files are removed from earlier events, like
   * those of a deleted message, until it is shown again.
   */
  'message.hidden': z.object({ message: Seq, author: AccountId, ...inThread }),
  /** The message is shown again, with its content. */
  'message.unhidden': z.object({
    message: Seq,
    author: AccountId,
    body: MessageText,
    replyTo: Seq.optional(),
    ...inThread,
    mentions,
    attachments: z.array(Attachment).max(LIMITS.attachmentsPerMessage).optional(),
    forwardedFrom: ForwardedFrom.optional(),
  }),
  'reaction.added': z.object({ message: Seq, emoji: ReactionEmoji }),
  'reaction.removed': z.object({ message: Seq, emoji: ReactionEmoji }),
  /**
   * The previews of the links of a message, all of them: they replace earlier ones, which are
   * removed from earlier events. The actor is the author of the message, or the account that
   * removed a preview. The links in `removed` never get a preview again.
   */
  'message.previewed': z.object({
    message: Seq,
    previews: z.array(LinkPreview).max(LIMITS.previewsPerMessage),
    removed: z.array(z.string()).max(LIMITS.previewsPerMessage).optional(),
  }),
  /** The deletion of a message also removes its pin, without its own event. */
  'message.pinned': z.object({ message: Seq }),
  'message.unpinned': z.object({ message: Seq }),
} as const;

/** The `data` of the events in personal streams. */
const PERSONAL_EVENTS = {
  /** `seq` is that of `member.joined` in the stream of the conversation. */
  'conversation.joined': z.object({ conversation: ConversationId, seq: Seq }),
  /** `seq` is that of the last event of the conversation that the account may see. */
  'conversation.left': z.object({ conversation: ConversationId, seq: Seq }),
  /** The account has saved a message, or changed the reminder of a saved one. */
  'message.saved': z.object({
    conversation: ConversationId,
    message: Seq,
    remindAt: Timestamp.nullable(),
  }),
  'message.unsaved': z.object({ conversation: ConversationId, message: Seq }),
  /** The reminder of a saved message; given once. */
  'reminder.due': z.object({ conversation: ConversationId, message: Seq }),
  /**
   * A message was scheduled, or its text or time changed. The text is removed from the event when
   * it is changed, or the message is sent or deleted.
   */
  'message.scheduled': z.object({
    scheduled: ScheduledId,
    conversation: ConversationId,
    body: MessageText,
    replyTo: Seq.optional(),
    ...inThread,
    sendAt: Timestamp,
  }),
  /** The author has deleted a scheduled message. */
  'message.unscheduled': z.object({ scheduled: ScheduledId }),
  /** A scheduled message was sent as the message `message` of the conversation. */
  'scheduled.sent': z.object({
    scheduled: ScheduledId,
    conversation: ConversationId,
    message: Seq,
  }),
  /** A scheduled message could not be sent, for the error code `reason`. It is kept. */
  'scheduled.failed': z.object({
    scheduled: ScheduledId,
    conversation: ConversationId,
    reason: z.string(),
  }),
  /**
   * The account has chosen to follow the thread of the message, or not to. Replies up to `since`, a
   * seq of the conversation, count as read.
   */
  'thread.followed': z.object({ conversation: ConversationId, message: Seq, since: Seq }),
  /** `erased`: the choice was deleted with the account. */
  'thread.unfollowed': z.object({
    conversation: ConversationId,
    message: Seq,
    erased: z.literal(true).optional(),
  }),
  /** The account has reported a message. */
  'message.reported': z.object({
    conversation: ConversationId,
    message: Seq,
    reason: ReportReason,
  }),
  /** An admin has resolved the account's report of a message. */
  'report.resolved': z.object({
    conversation: ConversationId,
    message: Seq,
    resolution: ReportResolution,
  }),
  /** The account of the stream has blocked this account. Only its own devices receive the event. */
  'account.blocked': z.object({ account: AccountId }),
  'account.unblocked': z.object({ account: AccountId }),
  /** The complete status of the account of the stream. Others receive it with its presence. */
  'status.changed': z.object({
    emoji: z.string().nullable(),
    text: z.string(),
    expiresAt: Timestamp.nullable(),
    doNotDisturbUntil: Timestamp.nullable(),
    showLastSeen: z.boolean(),
    /** Left out of events that were stored before accounts could set themselves away. */
    isAway: z.boolean().optional(),
  }),
  /**
   * The complete general notification settings of the account. `erased`: all notification settings
   * were deleted with the account.
   */
  'notifications.changed': NotificationSettings.extend({ erased: z.literal(true).optional() }),
  /** The override for a conversation, or for the thread under its message `thread`. */
  'notifications.overridden': NotificationOverride.extend({
    conversation: ConversationId,
    thread: Seq.optional(),
  }),
  /**
   * All sections of the sidebar. Conversations of a removed section are back in the section of
   * their kind. `erased`: the sidebar was deleted with the account.
   */
  'sidebar.changed': SidebarLayout.extend({ erased: z.literal(true).optional() }),
  /** Conversations were moved in the sidebar. */
  'sidebar.moved': SidebarMove,
  /** Direct conversations were closed, or are back in the sidebar. */
  'sidebar.closed': SidebarClosing,
} as const;

/** When the access of a guest ends and the server deactivates the account; left out: never. */
const guestAccess = { accessEndsAt: Timestamp.optional() };

/** The `data` of the events in the workspace stream. */
const WORKSPACE_EVENTS = {
  'user.registered': z.object({
    account: AccountId,
    username: z.string(),
    displayName: z.string(),
    /** Left out unless the account is a guest. */
    role: z.literal('guest').optional(),
    ...guestAccess,
  }),
  /** Missing fields of the profile are unchanged; null removes a value. */
  'user.updated': z.object({
    account: AccountId,
    username: z.string(),
    displayName: z.string(),
    title: z.string().nullable().optional(),
    pronouns: z.string().nullable().optional(),
    timeZone: z.string().nullable().optional(),
    avatar: ImageId.nullable().optional(),
  }),
  /** The account can no longer log in; its messages are kept. */
  'user.deactivated': z.object({ account: AccountId }),
  'user.reactivated': z.object({ account: AccountId }),
  /**
   * The account can neither log in nor act until `until`; null: until it is unsuspended. The expiry
   * has no event.
   */
  'user.suspended': z.object({ account: AccountId, until: Timestamp.nullable() }),
  /** The account was unsuspended before its suspension ended. */
  'user.unsuspended': z.object({ account: AccountId }),
  /** The role of the account, or when its access as a guest ends. */
  'user.role_changed': z.object({ account: AccountId, role: AccountRole, ...guestAccess }),
  /** The account was erased; only its id remains, as the author of its messages. */
  'user.deleted': z.object({ account: AccountId }),
  /** A public group appears in the list of groups under this name. */
  'group.created': z.object({ conversation: ConversationId, name: z.string() }),
  'group.updated': z.object({ conversation: ConversationId, name: z.string() }),
  'group.deleted': z.object({ conversation: ConversationId }),
  /** A user group was created or changed: the complete group. */
  'user_group.changed': z.object({
    userGroup: UserGroupId,
    name: z.string(),
    title: z.string(),
    members: z.array(AccountId).max(LIMITS.userGroupMembers),
  }),
  'user_group.deleted': z.object({ userGroup: UserGroupId }),
  /** A custom emoji was added or renamed: the complete emoji. */
  'emoji.changed': z.object({
    emoji: EmojiId,
    name: z.string(),
    aliases: z.array(z.string()).max(LIMITS.emojiAliases),
    image: ImageId,
    creator: AccountId,
  }),
  /** Messages and reactions then show its name. */
  'emoji.deleted': z.object({ emoji: EmojiId }),
  /** Settings of the server were changed: their new values. */
  'server.updated': ChangedServerSettings,
} as const;

/** The `data` of each event type. */
export const EVENT_DATA = {
  ...CONVERSATION_EVENTS,
  ...PERSONAL_EVENTS,
  ...WORKSPACE_EVENTS,
} as const;

/**
 * The name of an event type. Code that must handle every type is a record with an entry for each
 * type, or for each type of one kind of stream, so that the compiler reports where a new type is
 * missing. ARCHITECTURE.md lists these places, and those that the compiler cannot find.
 */
export type EventType = keyof typeof EVENT_DATA;
/** The types of events in the streams of conversations. */
export type ConversationEventType = keyof typeof CONVERSATION_EVENTS;
/** The types of events in personal streams. */
export type PersonalEventType = keyof typeof PERSONAL_EVENTS;
/** The types of events in the workspace stream. */
export type WorkspaceEventType = keyof typeof WORKSPACE_EVENTS;
/** The `data` of an event of type `T`. */
export type EventData<T extends EventType = EventType> = z.infer<(typeof EVENT_DATA)[T]>;
/** All event types. */
export const EVENT_TYPES = Object.keys(EVENT_DATA) as EventType[];

/** The fields of every event. */
const eventBase = {
  op: z.literal('event'),
  stream: StreamId,
  seq: Seq,
  /** Server time, RFC 3339. For display only: events are ordered by seq. */
  at: Timestamp,
  actor: AccountId,
  /** Client id of the command that caused the event; null for further events of the command. */
  client: ClientId.nullable(),
};

/** An event of a known type, as sent to clients. */
export type Event = {
  [T in EventType]: {
    op: 'event';
    stream: StreamId;
    seq: Seq;
    type: T;
    at: string;
    actor: AccountId;
    client: ClientId | null;
    data: EventData<T>;
  };
}[EventType];

/** An event of one type. */
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;

/** Schema of all events, for validation and documentation. */
export const Event = z
  .discriminatedUnion(
    'type',
    EVENT_TYPES.map((type) =>
      z.object({ ...eventBase, type: z.literal(type), data: EVENT_DATA[type] }),
    ) as unknown as [z.ZodObject, ...z.ZodObject[]],
  )
  .meta({ id: 'Event' }) as unknown as z.ZodType<Event>;
