import { count, countText, Timestamp } from './bounds.ts';
import { isStorable } from './characters.ts';
import { Event } from './events.ts';
import { MemberRole, MinimumRoles, Visibility } from './group-access.ts';
import { AccountId, ConversationId, Seq, SeqText } from './ids.ts';
import { LIMITS } from './limits.ts';
import {
  Draft,
  FollowedThread,
  Message,
  MessageVersion,
  ReadCursor,
  SavedMessage,
  ScheduledMessage,
  ThreadCursor,
} from './messages.ts';
import {
  Ban,
  BlockedUser,
  Conversation,
  GroupLink,
  Member,
  MentionSuggestion,
  PublicGroup,
  SeenBy,
  User,
  UserGroupSuggestion,
} from './resources.ts';
import { Body, Emoji, line, paragraph, withContent } from './text.ts';
import { z } from './z.ts';

/** Bodies, queries and responses of the REST API under `/api/v1`. */

/** Alphabets whose letters look alike: a username uses at most one of them. */
const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
];

/** Letters of any script, digits, and `.`, `_`, `-` between them. */
export const Username = line(LIMITS.usernameMax, 'Username').pipe(
  z
    .string()
    .regex(
      /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?$/u,
      'Use letters and digits, with . _ - only between them',
    )
    .min(LIMITS.usernameMin, `A username must have at least ${LIMITS.usernameMin} characters`)
    .refine((t) => !/\p{Default_Ignorable_Code_Point}|\p{M}{4}/u.test(t), {
      message: 'A username can’t contain invisible characters or many accents on one letter',
    })
    .refine((t) => SCRIPTS.filter((script) => script.test(t)).length <= 1, {
      message: 'A username can’t mix alphabets that look alike',
    }),
);
/** The name under which others see an account. */
export const DisplayName = line(LIMITS.displayNameMax, 'Display name');
/** The name of a group. */
export const GroupName = line(LIMITS.groupNameMax, 'Group name');
/** The topic of a group, in one line; may be empty. */
export const GroupTopic = line(LIMITS.groupTopicMax, 'Topic', 0);
/** The description of a group. */
export const GroupDescription = paragraph(LIMITS.groupDescriptionMax, 'Description');
/** An email address. */
export const EmailAddress = z
  .string()
  .max(254, 'An email address can have at most 254 characters')
  .pipe(z.email('Enter a valid email address'));
/** A new password. The server also rejects those that are easily guessed. */
export const Password = z
  .string()
  .min(LIMITS.passwordMin, `A password must have at least ${LIMITS.passwordMin} characters`)
  .refine((t) => new TextEncoder().encode(t).length <= LIMITS.passwordBytesMax, {
    message: `A password can have at most ${LIMITS.passwordBytesMax} bytes`,
  })
  .refine(isStorable, { message: 'The password contains characters that can’t be stored' });

/** Selects a page of the entries of a list that match `search`. */
export const ListQuery = z.object({
  search: z.string().max(100).optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
  /** The `next` of the previous page. */
  after: z.string().max(1_000).optional(),
});
/** With `member`, only the public groups that this account is in. */
export const GroupsQuery = ListQuery.extend({ member: AccountId.optional() });
/** Returns the schema of a page of a list. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    /** The `after` of the next page; null on the last page. */
    next: z.string().nullable(),
  });

/** A page of users. */
export const UsersPage = page(User);
/** A page of public groups. */
export const PublicGroupsPage = page(PublicGroup);
/** A page of the members of a conversation. */
export const MembersPage = page(Member);
/** A page of the bans of a group. */
export const BansPage = page(Ban);
/** The links of a group, without their secrets. */
export const GroupLinksAnswer = z.object({ items: z.array(GroupLink) });
/** The conversations of the caller. */
export const ConversationsAnswer = z.object({ items: z.array(Conversation) });

/** Creates a group; the caller becomes its owner. */
export const CreateGroupBody = z.object({
  name: GroupName,
  visibility: Visibility,
  /** Further members. */
  members: z.array(AccountId).max(200).default([]),
});
/** The other user, or the other users of a direct conversation of several. */
export const OpenDirectBody = z
  .object({
    account: AccountId.optional(),
    accounts: z
      .array(AccountId)
      .min(1)
      .max(LIMITS.directUsersMax - 1)
      .optional(),
  })
  .refine((body) => (body.account === undefined) !== (body.accounts === undefined), {
    message: 'Use either account or accounts',
  })
  .meta({ examples: [{ account: '01890a5d-ac96-774b-bcce-b302099a8057' }] });
/** At most `limits.blocksMax`, the latest first. */
export const BlocksAnswer = z.object({ items: z.array(BlockedUser) });
/** Missing fields are unchanged. */
export const UpdateGroupBody = z
  .object({
    name: GroupName.optional(),
    topic: GroupTopic.optional(),
    description: GroupDescription.optional(),
    visibility: Visibility.optional(),
    slowModeSeconds: count(0, LIMITS.slowModeSecondsMax).optional(),
    linkPreviews: z.boolean().optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    message: 'Specify at least one field to change',
  })
  .meta({ examples: [{ topic: 'Release on Friday', slowModeSeconds: 30 }] });
export type UpdateGroupBody = z.input<typeof UpdateGroupBody>;
/** Adds an account to a group. */
export const AddMemberBody = z.object({ account: AccountId });
/** Changes the role of a member. */
export const ChangeMemberBody = z
  .object({ role: MemberRole })
  .meta({ examples: [{ role: 'admin' }] });
/** The account must be a member. */
export const TransferOwnershipBody = z.object({ account: AccountId });
/** Without an expiry or a number of uses a link works until it is revoked. */
export const CreateGroupLinkBody = z
  .object({
    expiresAt: Timestamp.nullable().default(null),
    maxUses: count(1, LIMITS.linkUsesMax).nullable().default(null),
  })
  .meta({ examples: [{ expiresAt: '2027-01-01T00:00:00.000Z', maxUses: 10 }] });
export type CreateGroupLinkBody = z.input<typeof CreateGroupLinkBody>;
/** A new link with its URL, which is not shown again. */
export const CreatedGroupLink = z
  .object({ link: GroupLink, url: z.string() })
  .meta({ id: 'CreatedGroupLink' });
export type CreatedGroupLink = z.infer<typeof CreatedGroupLink>;
/** The secret of a group link: the fragment of its URL. */
export const GroupLinkBody = z
  .object({ token: z.string().min(1).max(100) })
  .meta({ examples: [{ token: 'what-follows-the-hash-sign' }] });
/** Missing fields are unchanged. */
export const ChangeMinimumRolesBody = MinimumRoles.partial()
  .strict()
  .meta({ examples: [{ post: 'admin' }] });

/** A poll to post. */
export const CreatePollBody = z
  .object({
    question: Body,
    choices: z
      .array(line(LIMITS.pollChoiceCharacters, 'Choice'))
      .min(LIMITS.pollChoicesMin)
      .max(LIMITS.pollChoicesMax)
      .refine((choices) => new Set(choices).size === choices.length, 'Each choice must differ'),
    isMultiple: z.boolean().default(false),
    endsAt: Timestamp.nullable().default(null),
  })
  .meta({
    examples: [{ question: 'Lunch?', choices: ['Soup', 'Salad'], isMultiple: true, endsAt: null }],
  });
/** The choices to vote for, by their index; none to withdraw the vote. */
export const VoteBody = z
  .object({ choices: z.array(count(0, LIMITS.pollChoicesMax - 1)).max(LIMITS.pollChoicesMax) })
  .meta({ examples: [{ choices: [0] }] });
/** The link whose preview to remove, as the preview has it. */
export const RemoveLinkPreviewBody = z
  .object({ url: z.string().max(LIMITS.previewUrlCharacters) })
  .meta({ examples: [{ url: 'https://example.org/release' }] });
/** Where to forward a message. */
export const ForwardBody = z
  .object({ to: ConversationId })
  .meta({ examples: [{ to: '01890a5d-ac96-774b-bcce-b302099a8057' }] });

const HistoryPosition = z.object({
  before: SeqText.optional(),
  after: SeqText.optional(),
  around: SeqText.optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
});
const isSet = (value: unknown): boolean => value !== undefined;

/**
 * At most one of `before`, `after`, `around` and `aroundTime`; none for the latest messages. `aroundTime` is
 * for the messages around the first one that was posted at this time or later.
 */
export const HistoryQuery = HistoryPosition.extend({ aroundTime: Timestamp.optional() }).refine(
  (q) => [q.before, q.after, q.around, q.aroundTime].filter(isSet).length <= 1,
  { message: 'Use only one of before, after, around and aroundTime' },
);

/** At most one of `before`, `after` and `around`; none for the latest replies of a thread. */
export const ThreadHistoryQuery = HistoryPosition.refine(
  (q) => [q.before, q.after, q.around].filter(isSet).length <= 1,
  { message: 'Use only one of before, after and around' },
);

/**
 * Messages ordered by seq, and whether there are older and newer ones. A page of long messages has fewer
 * than `limit`.
 */
export const HistoryPage = z
  .object({
    items: z.array(Message),
    hasOlder: z.boolean(),
    hasNewer: z.boolean(),
    /** The head of the stream: `items` reflect all events up to it. */
    asOf: Seq,
  })
  .meta({ id: 'HistoryPage' });
export type HistoryPage = z.infer<typeof HistoryPage>;

/** Replies of a thread ordered by seq, like a {@link HistoryPage}, with its root. */
export const ThreadPage = HistoryPage.extend({ root: Message, cursor: ThreadCursor }).meta({
  id: 'ThreadPage',
});
export type ThreadPage = z.infer<typeof ThreadPage>;
/** Selects a page of followed threads. */
export const ThreadsQuery = ListQuery.omit({ search: true });
/** The followed threads that have replies: those with unread ones first, then by the last reply. */
export const ThreadsPage = page(FollowedThread).meta({ id: 'ThreadsPage' });
export type ThreadsPage = z.infer<typeof ThreadsPage>;
/** Moves the thread cursor forward to `seq`. */
export const ReadThreadBody = z.object({ seq: Seq }).meta({ examples: [{ seq: 1046 }] });
/** The cursors of followed threads, and the version of the read cursors at that moment. */
export const ThreadCursorsAnswer = z
  .object({ readVersion: count(), items: z.array(ThreadCursor) })
  .meta({ id: 'ThreadCursorsAnswer' });
export type ThreadCursorsAnswer = z.infer<typeof ThreadCursorsAnswer>;

/** Selects versions of a message: the latest, or those before the `seq` of a version. */
export const EditHistoryQuery = z.object({
  before: SeqText.optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
});
/**
 * The versions of a message, the latest first; the last one of all pages is the text as posted. A page of
 * long texts has fewer than `limit`.
 */
export const EditHistoryPage = z
  .object({ items: z.array(MessageVersion), hasOlder: z.boolean() })
  .meta({ id: 'EditHistoryPage' });
export type EditHistoryPage = z.infer<typeof EditHistoryPage>;

/** `cursor` is the `next` of the page before. */
export const PinnedMessagesQuery = z.object({ cursor: z.string().max(1_000).optional() });
/** The pinned messages of a conversation, at most `limits.pinsPerConversation`: the last pin first. */
export const PinnedMessages = z
  .object({
    items: z.array(Message),
    /**
     * The `cursor` of the next page; null if there is none, as usual: only the size in bytes ends a
     * page early.
     */
    next: z.string().nullable(),
  })
  .meta({ id: 'PinnedMessages' });
export type PinnedMessages = z.infer<typeof PinnedMessages>;

/** With `remindAt`, the account is reminded at that time. */
export const SaveMessageBody = z
  .object({ remindAt: Timestamp.nullable().optional() })
  .meta({ examples: [{ remindAt: '2027-03-01T09:00:00.000Z' }] });
/** A change to one’s own status; absent fields are unchanged. */
export const UpdateStatusBody = z
  .object({
    emoji: Emoji.nullable().optional(),
    text: line(LIMITS.statusTextMax, 'A status', 0).optional(),
    /** When emoji and text are removed; null: never. */
    expiresAt: Timestamp.nullable().optional(),
    doNotDisturbUntil: Timestamp.nullable().optional(),
    /** Whether others see when you were last connected. */
    showLastSeen: z.boolean().optional(),
  })
  .meta({ id: 'UpdateStatusBody' });
export type UpdateStatusBody = z.infer<typeof UpdateStatusBody>;

/** Selects saved messages: the last saved, or those before the `savedSeq` of one. */
export const SavedMessagesQuery = z.object({
  before: SeqText.optional(),
  limit: countText(1, LIMITS.pageMax).default(LIMITS.pageDefault),
});
/** Saved messages, the last saved first. */
export const SavedMessagesPage = z
  .object({ items: z.array(SavedMessage), hasOlder: z.boolean() })
  .meta({ id: 'SavedMessagesPage' });
export type SavedMessagesPage = z.infer<typeof SavedMessagesPage>;

/**
 * A message to send at a time. `replyTo` is the seq of a message of the conversation, and `thread` of the root of the
 * thread in which it is a reply.
 */
export const ScheduleBody = z
  .object({
    conversation: ConversationId,
    body: Body,
    replyTo: Seq.optional(),
    thread: Seq.optional(),
    alsoInConversation: z.boolean().optional(),
    sendAt: Timestamp,
  })
  .meta({
    examples: [
      {
        conversation: '01890a5d-ac96-774b-bcce-b302099a8057',
        body: 'Good morning!',
        sendAt: '2027-03-01T09:00:00.000Z',
      },
    ],
  });
/** A change to a scheduled message. */
export const ChangeScheduledBody = z
  .object({ body: Body.optional(), sendAt: Timestamp.optional() })
  .refine((b) => b.body !== undefined || b.sendAt !== undefined, 'Change the text or the time')
  .meta({ examples: [{ sendAt: '2027-03-01T10:00:00.000Z' }] });
/** All scheduled messages of the account, the next one first. */
export const ScheduledMessages = z
  .object({ items: z.array(ScheduledMessage) })
  .meta({ id: 'ScheduledMessages' });
export type ScheduledMessages = z.infer<typeof ScheduledMessages>;

/** `thread`: the root of the thread in which it is written. */
export const SaveDraftBody = z
  .object({ body: Body, thread: Seq.optional() })
  .meta({ examples: [{ body: 'Not finished yet' }] });
/** With `version`, only that version of the draft is deleted; a newer one is kept. */
export const DeleteDraftQuery = z.object({
  version: countText().optional(),
  thread: SeqText.optional(),
});
/** The drafts of the account, and the version of its read cursors and drafts at that moment. */
export const DraftsAnswer = z
  .object({ readVersion: count(), items: z.array(Draft) })
  .meta({ id: 'DraftsAnswer' });
export type DraftsAnswer = z.infer<typeof DraftsAnswer>;

/** Selects the events of a stream after a seq, at most `limits.replayEvents`. */
export const EventsQuery = z.object({
  after: SeqText.default(0 as Seq),
  limit: countText(1, LIMITS.replayEvents).default(100),
});
/**
 * Events ordered by seq, and the last seq that the account may see. A page of long events has fewer than
 * `limit`.
 */
export const EventsPage = z.object({ items: z.array(Event), lastSeq: Seq });
export type EventsPage = z.infer<typeof EventsPage>;

/** A search for accounts and user groups to mention; empty: all. */
export const MentionSuggestionsQuery = z.object({
  search: z
    .string()
    .max(80)
    .refine(isStorable, { message: 'The search contains characters that can’t be stored' })
    .default('')
    .meta({ examples: ['ri'] }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(20)
    .default(8)
    .meta({ examples: [8] }),
});
/** Accounts, and user groups that the account may mention there. */
export const MentionSuggestionsAnswer = z.object({
  items: z.array(MentionSuggestion),
  userGroups: z.array(UserGroupSuggestion),
});
export type MentionSuggestionsAnswer = z.infer<typeof MentionSuggestionsAnswer>;

/** Posts a message. */
export const PostBody = withContent({
  /** The seq of a message of the same conversation that this one quotes. */
  replyTo: Seq.optional(),
  /** Replies in the thread of this message, which is not itself a reply in a thread. */
  thread: Seq.optional(),
  /** Also shows the reply among the messages of the conversation. Ignored without `thread`. */
  alsoInConversation: z.boolean().optional(),
}).meta({
  examples: [
    { body: 'At three, as always.', replyTo: 1042 },
    { body: 'I’ll be there.', thread: 1042, alsoInConversation: true },
  ],
});
/** Replaces the text of a message. */
export const EditBody = z.object({ body: Body });
/**
 * With `unread` the cursor may move back, and its revision is raised. With `revision` the request is
 * ignored if the cursor has another one, as it was marked as unread since.
 */
export const ReadBody = z
  .object({ seq: Seq, unread: z.boolean().optional(), revision: count().optional() })
  .meta({ examples: [{ seq: 1041, unread: true, revision: 0 }] });
/** The members who have seen a message, without its author, by name. */
export const SeenByAnswer = z.object({ items: z.array(SeenBy) }).meta({ id: 'SeenByAnswer' });
export type SeenByAnswer = z.infer<typeof SeenByAnswer>;
/** Selects a page of the voters of a choice. */
export const PollVotersQuery = ListQuery.omit({ search: true });
/** The accounts that have voted for a choice of a poll, in the order of their votes. */
export const PollVotersPage = page(
  z.object({ account: AccountId, username: z.string(), displayName: z.string() }),
).meta({
  id: 'PollVotersPage',
  examples: [
    {
      items: [
        {
          account: '01890a5d-ac96-774b-bcce-b302099a8057',
          username: 'ada',
          displayName: 'Ada Lovelace',
        },
      ],
      next: 'MTA0Nw',
    },
  ],
});
export type PollVotersPage = z.infer<typeof PollVotersPage>;
/** The read cursors of the caller, with their version. */
export const CursorsAnswer = z.object({
  readVersion: count(),
  items: z.array(ReadCursor),
});
/** The response to a command over REST: the same as an `ack`. */
export const CommandAnswer = z.object({
  id: z.string(),
  stream: z.string(),
  seq: Seq,
  at: Timestamp,
});
export type CommandAnswer = z.infer<typeof CommandAnswer>;

/** The state of a node, for load balancers and monitoring. */
export const HealthAnswer = z.object({
  status: z.enum(['ok', 'starting', 'draining', 'failing']),
  /**
   * Whether the node exchanges messages with others: `standalone` without REDIS_URL; `connected`;
   * `disconnected` while the broker is unreachable: events of other nodes arrive up to two seconds late,
   * which is not a failure.
   */
  broker: z.enum(['standalone', 'connected', 'disconnected']).optional(),
  /**
   * `full`: writes are rejected with `disk_full` until there is space again; reads still work.
   * Omitted with an external database, whose disk the server cannot see.
   */
  disk: z.enum(['ok', 'full']).optional(),
  /**
   * `unreachable` while the S3 server with the files is unreachable: uploads and downloads fail with
   * `files_unavailable`, everything else works. Omitted if files are in a folder.
   */
  files: z.enum(['ok', 'unreachable']).optional(),
});
