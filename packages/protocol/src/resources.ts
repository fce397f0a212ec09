import { z } from 'zod';
import { count, Timestamp } from './bounds.ts';
import { AccountRole, ConversationKind, MemberRole, Visibility } from './events.ts';
import { AccountId, ConversationId, Seq } from './ids.ts';

/** What the API shows of people, conversations and messages. */

/** What everybody may see of an account. */
export const User = z
  .object({
    id: AccountId,
    username: z.string(),
    displayName: z.string(),
    isActive: z.boolean(),
    createdAt: Timestamp,
    /** Somebody else has a name that looks the same: show the username beside this one. */
    nameIsShared: z.boolean(),
  })
  .meta({ id: 'Person' });
export type User = z.infer<typeof User>;

/** What an account sees of itself. */
export const Me = z
  .object({
    id: AccountId,
    username: z.string(),
    displayName: z.string(),
    email: z.string(),
    /** The address was proven to be this account’s. */
    verified: z.boolean(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    phone: z.string().nullable(),
    role: AccountRole,
    /** It has an authenticator app or a passkey. */
    secondFactor: z.boolean(),
    isActive: z.boolean(),
    createdAt: Timestamp,
    /** Somebody else has a name that looks the same. */
    nameIsShared: z.boolean(),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;

/**
 * How far an account has read a conversation. `unread` was counted when the stream stood at
 * `asOf`: messages after that are added by whoever follows the stream. It stops at
 * `limits.unreadMax`.
 */
export const ReadCursor = z
  .object({ conversation: ConversationId, readSeq: Seq, unread: count(), asOf: Seq })
  .meta({ id: 'ReadCursor' });
export type ReadCursor = z.infer<typeof ReadCursor>;

/** A message as it stands after all events up to `changedSeq`. */
export const Message = z
  .object({
    conversation: ConversationId,
    /** Names the message within its conversation: the seq of the event that posted it. */
    seq: Seq,
    author: AccountId,
    /** Empty when deleted. */
    body: z.string(),
    postedAt: Timestamp,
    editedAt: Timestamp.nullable(),
    deletedAt: Timestamp.nullable(),
    changedSeq: Seq,
    reactions: z.array(z.object({ emoji: z.string(), accounts: z.array(AccountId) })),
  })
  .meta({ id: 'Message' });
export type Message = z.infer<typeof Message>;

/** A conversation as one of its members sees it, at the time its stream stood at `lastSeq`. */
export const Conversation = z
  .object({
    id: ConversationId,
    kind: ConversationKind,
    visibility: Visibility,
    /** Null for direct conversations: they are called by the other person. */
    name: z.string().nullable(),
    isEveryone: z.boolean(),
    /** For direct conversations: the other person. */
    peer: AccountId.nullable(),
    memberCount: count(),
    createdAt: Timestamp,
    /** This member’s own role and the seq from which on it belongs. */
    role: MemberRole,
    joinedSeq: Seq,
    readSeq: Seq,
    unread: count(),
    /** How far the other person of a direct conversation has read; null for groups. */
    peerReadSeq: Seq.nullable(),
    lastSeq: Seq,
    /** The newest message that is not deleted, for lists. */
    lastMessage: Message.omit({ reactions: true }).nullable(),
  })
  .meta({ id: 'Conversation' });
export type Conversation = z.infer<typeof Conversation>;

/** A public group as anybody sees it in the list of groups. */
export const PublicGroup = z
  .object({
    id: ConversationId,
    name: z.string(),
    memberCount: count(),
    isMember: z.boolean(),
    createdAt: Timestamp,
  })
  .meta({ id: 'PublicGroup' });
export type PublicGroup = z.infer<typeof PublicGroup>;

/** A member of a conversation. */
export const Member = z
  .object({
    account: AccountId,
    username: z.string(),
    displayName: z.string(),
    role: MemberRole,
    joinedSeq: Seq,
    /** How far this member has read; null in groups over `limits.receiptsMembers`. */
    readSeq: Seq.nullable(),
  })
  .meta({ id: 'Member' });
export type Member = z.infer<typeof Member>;
