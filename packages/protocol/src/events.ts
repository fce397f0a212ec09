import { count, Timestamp } from './bounds.ts';
import { Attachment, LinkPreview } from './files.ts';
import { GroupAccess, MemberRole, MinimumRoles, Visibility } from './group-access.ts';
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
} from './ids.ts';
import { LIMITS } from './limits.ts';
import { NotificationOverride, NotificationSettings } from './notifications.ts';
import { ReportReason, ReportResolution } from './report.ts';
import { MessageRetention } from './retention.ts';
import { ChangedServerSettings } from './server-settings.ts';
import { SidebarLayout, SidebarMove } from './sidebar.ts';
import { ReactionEmoji } from './text.ts';
import { z } from './z.ts';

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
/** Whose events a stream has: those of a conversation, of one account, or of the whole server. */
export const StreamKind = z.enum(['conversation', 'personal', 'workspace']);
export type StreamKind = z.infer<typeof StreamKind>;

/**
 * Whom a message mentions, which group it links to, or which custom emoji it shows: what the server has made of
 * `@name`, `#name` and `:name:` in the text. The text stays as it was typed; `name` says which part of it is meant, and `id` stays valid
 * when the user, the group or the emoji is renamed. `@here` is for the members who are online when it is posted. The
 * `accounts` of a user group are those that were members of the conversation when it was posted or edited.
 */
export const Mention = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('user'), name: z.string(), id: AccountId }),
    z.object({ kind: z.literal('group'), name: z.string(), id: ConversationId }),
    z.object({
      kind: z.literal('user_group'),
      name: z.string(),
      id: UserGroupId,
      accounts: z.array(AccountId).max(LIMITS.userGroupMembers),
    }),
    z.object({ kind: z.literal('emoji'), name: z.string(), id: EmojiId }),
    z.object({ kind: z.literal('everyone') }),
    z.object({ kind: z.literal('here') }),
  ])
  .meta({ id: 'Mention' });
export type Mention = z.infer<typeof Mention>;
/** Left out if there are none. */
const mentions = z.array(Mention).max(LIMITS.mentionsPerMessage).optional();

/** What the root of a thread shows of its replies. `authors` are up to three, the latest first. */
export const ThreadSummary = z
  .object({
    replies: count(1),
    lastReplySeq: Seq,
    lastReplyAt: Timestamp,
    authors: z.array(AccountId).max(LIMITS.threadAuthors),
  })
  .meta({ id: 'ThreadSummary' });
export type ThreadSummary = z.infer<typeof ThreadSummary>;
/**
 * The thread of a message: the seq of its root, the message that was replied to. A reply is shown in its
 * thread, and with `alsoInConversation` among the messages of the conversation as well.
 */
const inThread = { thread: Seq.optional(), alsoInConversation: z.boolean().optional() };

/** Where the text of a forwarded message comes from: the message, its author, and when it was posted. */
export const ForwardedFrom = z
  .object({ conversation: ConversationId, seq: Seq, author: AccountId, at: Timestamp })
  .meta({ id: 'ForwardedFrom' });
export type ForwardedFrom = z.infer<typeof ForwardedFrom>;

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
    /** What members may do since the event, if that has changed. */
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
  /** A group link: whoever has it may join. Only its creator has seen its secret. */
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
   * The choices that the actor votes for, by their index: instead of `before`, its earlier ones. Events of
   * earlier versions do not say which those were.
   */
  'poll.voted': z.object({
    message: Seq,
    choices: z.array(PollChoice),
    before: z.array(PollChoice).optional(),
  }),
  /** No one can vote any more. */
  'poll.closed': z.object({ message: Seq }),
  /** `thread` and `alsoInConversation` are those of the message. */
  'message.edited': z.object({ message: Seq, body: MessageText, ...inThread, mentions }),
  /**
   * Of a reply it also has what its thread is after all deletions of the command; null: no replies. The actor is
   * {@link SYSTEM} if the message has expired: it and all messages before it are no longer in the history.
   */
  'message.deleted': z.object({
    message: Seq,
    author: AccountId,
    ...inThread,
    threadSummary: ThreadSummary.nullable().optional(),
  }),
  /**
   * A moderator has hidden what a message says. Its text and files are removed from earlier events, like those of a
   * deleted message, until it is shown again.
   */
  'message.hidden': z.object({ message: Seq, author: AccountId, ...inThread }),
  /** The message is shown again: what it says. */
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
   * The previews of the links of a message, all of them: they replace earlier ones, which are removed from
   * earlier events. The actor is the author of the message, or who has removed a preview. The links in
   * `removed` get no preview again.
   */
  'message.previewed': z.object({
    message: Seq,
    previews: z.array(LinkPreview).max(LIMITS.previewsPerMessage),
    removed: z.array(z.string()).max(LIMITS.previewsPerMessage).optional(),
  }),
  /** The deletion of a message also removes its pin, without an event of its own. */
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
  /** The reminder of a saved message: given once. */
  'reminder.due': z.object({ conversation: ConversationId, message: Seq }),
  /**
   * A message was scheduled, or its text or time changed. The text is removed from the event once it
   * changed, or the message was sent or deleted.
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
  /** A scheduled message was sent: it is the message `message` of the conversation. */
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
   * The account follows the thread of the message, or no longer follows it, whatever it wrote there. The
   * replies up to `since`, a seq of the conversation, count as read.
   */
  'thread.followed': z.object({ conversation: ConversationId, message: Seq, since: Seq }),
  /** `erased`: with the account; the choice is forgotten. */
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
  /** The account of the stream accepts no direct messages from this one. Only it learns of that. */
  'account.blocked': z.object({ account: AccountId }),
  'account.unblocked': z.object({ account: AccountId }),
  /** The status of the account of the stream, whole. Others receive it with its presence. */
  'status.changed': z.object({
    emoji: z.string().nullable(),
    text: z.string(),
    expiresAt: Timestamp.nullable(),
    doNotDisturbUntil: Timestamp.nullable(),
    showLastSeen: z.boolean(),
  }),
  /**
   * What the account wants to be notified of in general, whole. `erased`: with the account; all its
   * notification settings are forgotten.
   */
  'notifications.changed': NotificationSettings.extend({ erased: z.literal(true).optional() }),
  /** What differs from that in a conversation, or in the thread under the message `thread` of it. */
  'notifications.overridden': NotificationOverride.extend({
    conversation: ConversationId,
    thread: Seq.optional(),
  }),
  /**
   * The sections of the sidebar, whole. Conversations of a section that is gone are back in the section of their
   * kind. `erased`: with the account; the sidebar is forgotten.
   */
  'sidebar.changed': SidebarLayout.extend({ erased: z.literal(true).optional() }),
  /** Conversations were moved in the sidebar. */
  'sidebar.moved': SidebarMove,
} as const;

/** When the access of a guest ends, at which the server deactivates the account; left out: never. */
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
  /** Fields of the profile that are missing stay as they were; null removes a value. */
  'user.updated': z.object({
    account: AccountId,
    username: z.string(),
    displayName: z.string(),
    title: z.string().nullable().optional(),
    pronouns: z.string().nullable().optional(),
    timeZone: z.string().nullable().optional(),
    avatar: ImageId.nullable().optional(),
  }),
  /** The account can no longer log in; its messages stay. */
  'user.deactivated': z.object({ account: AccountId }),
  'user.reactivated': z.object({ account: AccountId }),
  /**
   * The account can neither log in nor act until `until`; null: until it is unsuspended. The expiry has no event of its
   * own.
   */
  'user.suspended': z.object({ account: AccountId, until: Timestamp.nullable() }),
  /** The account was unsuspended before its suspension ended. */
  'user.unsuspended': z.object({ account: AccountId }),
  /** The role of the account, or when its access as a guest ends. */
  'user.role_changed': z.object({ account: AccountId, role: AccountRole, ...guestAccess }),
  /** The account was erased; only its id stays, as the author of its messages. */
  'user.deleted': z.object({ account: AccountId }),
  /** A public group appears in the list of groups under this name. */
  'group.created': z.object({ conversation: ConversationId, name: z.string() }),
  'group.updated': z.object({ conversation: ConversationId, name: z.string() }),
  'group.deleted': z.object({ conversation: ConversationId }),
  /** A user group was created or changed: the whole group as it is now. */
  'user_group.changed': z.object({
    userGroup: UserGroupId,
    name: z.string(),
    title: z.string(),
    members: z.array(AccountId).max(LIMITS.userGroupMembers),
  }),
  'user_group.deleted': z.object({ userGroup: UserGroupId }),
  /** A custom emoji was added or renamed: the whole emoji as it is now. */
  'emoji.changed': z.object({
    emoji: EmojiId,
    name: z.string(),
    aliases: z.array(z.string()).max(LIMITS.emojiAliases),
    image: ImageId,
    creator: AccountId,
  }),
  /** Messages and reactions show its name from then on. */
  'emoji.deleted': z.object({ emoji: EmojiId }),
  /** Settings of the server were changed: those in the event, to these values. */
  'server.updated': ChangedServerSettings,
} as const;

/** The `data` of each event type. */
export const EVENT_DATA = {
  ...CONVERSATION_EVENTS,
  ...PERSONAL_EVENTS,
  ...WORKSPACE_EVENTS,
} as const;

/**
 * The name of an event type. What every type must be decided for is a record with an entry for each
 * type, or for each type of one kind of stream, so that the compiler names the places where a new one is
 * missing. ARCHITECTURE.md lists them, and the places that the compiler cannot name.
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

/** An event of a known type, as it is sent to clients. */
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
