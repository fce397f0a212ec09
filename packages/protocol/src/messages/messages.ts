import { count, Timestamp } from '../base/bounds.ts';
import { Attachment, LinkPreview } from '../base/files.ts';
import { AccountId, ConversationId, ScheduledId, Seq } from '../base/ids.ts';
import { z } from '../base/z.ts';
import { ForwardedFrom, Mention, ThreadSummary } from './message-content.ts';

/** Messages, threads, drafts and read cursors as the API returns them. */

/**
 * The seqs of unread messages that mention the account or everyone, in order; the last
 * `limits.unreadMax` of them. Seqs rather than a number, so that clients can remove deleted or
 * edited messages.
 */
export const UnreadMentions = z.array(Seq).meta({ examples: [[1042]] });

/**
 * How far an account has read a conversation. `unread` was counted when the head of the stream was
 * `asOf`: clients add the messages they receive after that. It is at most `limits.unreadMax`.
 * `revision` counts how often the conversation was marked as unread.
 */
export const ReadCursor = z
  .object({
    conversation: ConversationId,
    readSeq: Seq,
    revision: count(),
    unread: count(),
    unreadMentions: UnreadMentions,
    asOf: Seq,
  })
  .meta({ id: 'ReadCursor' });
export type ReadCursor = z.infer<typeof ReadCursor>;

/** The poll of a message, whose text is the question. */
export const Poll = z
  .object({
    choices: z.array(
      z.object({
        text: z.string(),
        /** How many accounts voted for it. */
        votes: count(),
        /** The first `limits.pollAccounts` of them, and the reader if it voted for it. */
        accounts: z.array(AccountId),
      }),
    ),
    /** How many accounts have voted. */
    voters: count(),
    isMultiple: z.boolean(),
    /** When it closes by itself. */
    endsAt: Timestamp.nullable(),
    /** When its author, or a member who may delete the messages of others, has closed it. */
    closedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Poll' });
export type Poll = z.infer<typeof Poll>;

/** A message with all changes up to the event `changedSeq`. */
export const Message = z
  .object({
    conversation: ConversationId,
    /** Identifies the message in its conversation: the seq of the event that posted it. */
    seq: Seq,
    author: AccountId,
    /** Empty if the message was deleted or is hidden. */
    body: z.string(),
    postedAt: Timestamp,
    editedAt: Timestamp.nullable(),
    deletedAt: Timestamp.nullable(),
    /** When a moderator has hidden it; null if it is shown. Its text and files are left out while it is hidden. */
    hiddenAt: Timestamp.nullable(),
    changedSeq: Seq,
    /**
     * The seq of the message that it quotes, in the same conversation; null if it quotes none, or
     * was deleted. The quoted text is not repeated here, because it is the current text of the
     * quoted message.
     */
    replyTo: Seq.nullable(),
    /** The seq of the root of its thread; null if it is not a reply in a thread. */
    thread: Seq.nullable(),
    /** Whether a reply in a thread is shown among the messages of the conversation too. */
    alsoInConversation: z.boolean(),
    /** The replies in the thread of this message; null if there are none. */
    threadSummary: ThreadSummary.nullable(),
    /** What `@name` and `#name` in the body mean. */
    mentions: z.array(Mention),
    /** Its files, in order. */
    attachments: z.array(Attachment),
    reactions: z.array(z.object({ emoji: z.string(), accounts: z.array(AccountId) })),
    /** Where its text comes from; null if its author wrote it. */
    forwardedFrom: ForwardedFrom.nullable(),
    poll: Poll.nullable(),
    /** Previews of its links, in order. They appear some time after the message. */
    previews: z.array(LinkPreview),
    /** Who pinned it, and when; null if it is not pinned. */
    pinned: z.object({ by: AccountId, at: Timestamp }).nullable(),
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof Message>;

/**
 * How far an account has read a thread. An account follows a thread if it wrote its root or a
 * reply, or is mentioned there, unless it has chosen otherwise. Nothing is unread in a thread that
 * it does not follow. `unread` and `unreadMentions` were counted when the head of the stream was
 * `asOf`, and are at most `limits.unreadMax`.
 */
export const ThreadCursor = z
  .object({
    conversation: ConversationId,
    /** The seq of the root. */
    thread: Seq,
    isFollowing: z.boolean(),
    readSeq: Seq,
    unread: count(),
    unreadMentions: UnreadMentions,
    asOf: Seq,
  })
  .meta({ id: 'ThreadCursor' });
export type ThreadCursor = z.infer<typeof ThreadCursor>;

/** A thread that an account follows. */
export const FollowedThread = z
  .object({ root: Message, cursor: ThreadCursor })
  .meta({ id: 'FollowedThread' });
export type FollowedThread = z.infer<typeof FollowedThread>;

/** A message that an account has saved. */
export const SavedMessage = z
  .object({
    conversation: ConversationId,
    /** The seq of the message. */
    seq: Seq,
    /** The event that saved it, in the personal stream. */
    savedSeq: Seq,
    savedAt: Timestamp,
    /** When to remind; null without a reminder, and once it was given. */
    remindAt: Timestamp.nullable(),
    /** When the reminder was given. */
    remindedAt: Timestamp.nullable(),
    /**
     * The current message, with an empty text if it was deleted; null if the account can no longer
     * see it.
     */
    message: Message.nullable(),
  })
  .meta({ id: 'SavedMessage' });
export type SavedMessage = z.infer<typeof SavedMessage>;

/** A scheduled message, as its author sees it. */
export const ScheduledMessage = z
  .object({
    id: ScheduledId,
    conversation: ConversationId,
    body: z.string().meta({ examples: ['Good morning!'] }),
    /** The seq of the message that it quotes. */
    replyTo: Seq.nullable(),
    /** The root of the thread in which it is a reply; null if it is in none. */
    thread: Seq.nullable(),
    /** Whether it is a reply that is also sent to the conversation. */
    alsoInConversation: z.boolean(),
    sendAt: Timestamp.meta({ examples: ['2027-03-01T09:00:00.000Z'] }),
    createdAt: Timestamp,
    /**
     * Why and when sending failed, as an error code and a text. It is not retried automatically.
     */
    failure: z.object({ code: z.string(), message: z.string(), at: Timestamp }).nullable(),
    /**
     * The posted message, and when it was posted; only in the answer to a retry of the command that
     * scheduled or changed it. `body` is then the current text of that message, empty if it was
     * deleted.
     */
    sent: z.object({ seq: Seq, at: Timestamp }).optional(),
  })
  .meta({ id: 'ScheduledMessage' });
export type ScheduledMessage = z.infer<typeof ScheduledMessage>;

/** The draft of an account in a conversation, or in a thread of it; a greater `version` is newer. */
export const Draft = z
  .object({
    conversation: ConversationId,
    /** The root of the thread; null outside threads. */
    thread: Seq.nullable(),
    body: z.string(),
    version: count(),
    updatedAt: Timestamp,
  })
  .meta({ id: 'Draft' });
export type Draft = z.infer<typeof Draft>;

/** A version of the text of a message: as posted, or after an edit. */
export const MessageVersion = z
  .object({
    /** The event that carried this text. */
    seq: Seq.meta({ examples: [1042] }),
    body: z.string().meta({ examples: ['The meeting is at **three**.'] }),
    at: Timestamp.meta({ examples: ['2026-03-01T14:03:00.000Z'] }),
  })
  .meta({ id: 'MessageVersion' });
export type MessageVersion = z.infer<typeof MessageVersion>;
