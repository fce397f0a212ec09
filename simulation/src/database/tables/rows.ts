import type { EventData, Mention } from '@parley/protocol';

// The rows of the tables of the delivery path, with the columns that its statements use. Times are in ms.

/** A stream and its head. */
export interface StreamRow {
  readonly id: string;
  readonly kind: string;
  readonly last_seq: number;
  readonly last_at: number;
}

/** An event of a stream. */
export interface EventRow {
  readonly stream_id: string;
  readonly seq: number;
  readonly type: string;
  readonly actor_id: string;
  readonly client_id: string | null;
  readonly at: number;
  /** JSON text. */
  readonly data: string;
  readonly command_digest: Buffer | null;
}

/** A command that changed nothing, so that its retry gets the same answer. */
export interface UnchangedCommandRow {
  readonly actor_id: string;
  readonly client_id: string;
  readonly stream_id: string;
  readonly seq: number;
  readonly command_digest: Buffer | null;
}

/** An account. */
export interface AccountRow {
  readonly id: string;
  readonly username: string;
  readonly display_name: string;
  readonly role: string;
  readonly is_active: boolean;
  readonly read_version: number;
  readonly created_at: number;
}

/** A group or a direct conversation. */
export interface ConversationRow {
  readonly id: string;
  readonly kind: string;
  readonly visibility: string;
  readonly name: string | null;
  readonly direct_key: string | null;
  readonly is_everyone: boolean;
  /** The minimum roles that the group has set. */
  readonly minimum_roles: Readonly<Record<string, string>>;
  readonly topic: string;
  readonly description: string;
  readonly archived_at: number | null;
  readonly slow_mode_seconds: number;
  readonly avatar: string | null;
  readonly link_previews: boolean;
  readonly member_count: number;
  readonly created_by: string;
  readonly created_at: number;
  readonly deleted_at: number | null;
}

/** A membership period; `left_seq` is null while it lasts. */
export interface MembershipRow {
  readonly conversation_id: string;
  readonly account_id: string;
  readonly joined_seq: number;
  readonly left_seq: number | null;
  readonly role: string;
  readonly read_seq: number;
  readonly slow_posted_at: number | null;
  readonly read_revision: number;
}

/** A message. */
export interface MessageRow {
  readonly conversation_id: string;
  readonly seq: number;
  readonly author_id: string;
  readonly body: string;
  readonly posted_at: number;
  readonly edited_at: number | null;
  readonly deleted_at: number | null;
  readonly hidden_at: number | null;
  readonly changed_seq: number;
  readonly reply_to: number | null;
  readonly mentions: readonly Mention[] | null;
  readonly thread: number | null;
  readonly also_in_conversation: boolean;
}

/** The content of a hidden message: the original events that carried it. */
export interface HiddenMessageRow {
  readonly conversation_id: string;
  readonly message_seq: number;
  readonly events: readonly {
    readonly seq: number;
    /** JSON text. */
    readonly data: string;
    /** In hexadecimal. */
    readonly digest: string | null;
  }[];
  readonly hidden_by: string;
}

/** A legal hold over conversations, without a period: it covers all of their messages. */
export interface LegalHoldRow {
  readonly id: string;
  readonly name: string;
  readonly reason: string;
  readonly created_by: string;
  readonly created_at: number;
  readonly released_at: number | null;
  readonly released_by: string | null;
  readonly purged_at: number | null;
}

/** A conversation that a legal hold covers. */
export interface LegalHoldConversationRow {
  readonly conversation_id: string;
  readonly hold_id: string;
}

/** An event that carried the text of a deleted message, kept for a legal hold. */
export interface HeldEventRow {
  readonly stream_id: string;
  readonly hold_id: string;
  readonly seq: number;
  /** JSON text. */
  readonly data: string;
}

/** A mention of an account in a message. */
export interface MentionRow {
  readonly conversation_id: string;
  readonly message_seq: number;
  readonly account_id: string;
  readonly seq: number;
  readonly thread: number | null;
}

/** A reaction of an account to a message. */
export interface ReactionRow {
  readonly conversation_id: string;
  readonly message_seq: number;
  readonly account_id: string;
  readonly emoji: string;
  readonly seq: number;
  readonly first_seq: number;
}

/** A pinned message. */
export interface PinRow {
  readonly conversation_id: string;
  readonly message_seq: number;
  readonly pinned_by: string;
  readonly pinned_at: number;
  readonly seq: number;
}

/** A thread, by its root. */
export interface ThreadRow {
  readonly conversation_id: string;
  readonly thread: number;
  readonly replies: number;
  readonly last_reply_seq: number;
  readonly last_reply_at: number;
  readonly authors: readonly string[];
}

/** An account that follows a thread because it wrote or is mentioned there. */
export interface ThreadParticipantRow {
  readonly account_id: string;
  readonly conversation_id: string;
  readonly thread: number;
  readonly seq: number;
}

/** The choice of an account to follow a thread, or not. */
export interface ThreadFollowRow {
  readonly account_id: string;
  readonly conversation_id: string;
  readonly thread: number;
  readonly is_following: boolean;
  readonly since: number | null;
  readonly seq: number;
}

/** How far an account has read a thread. */
export interface ThreadCursorRow {
  readonly account_id: string;
  readonly conversation_id: string;
  readonly thread: number;
  readonly read_seq: number;
}

/** The rarer parts of a message: what it was forwarded from, and its poll. */
export interface MessagePartRow {
  readonly conversation_id: string;
  readonly message_seq: number;
  readonly forwarded_from: object | null;
  readonly poll: EventData<'message.posted'>['poll'] | null;
  readonly closed_at: number | null;
}

/** The vote of an account in a poll. */
export interface PollVoteRow {
  readonly conversation_id: string;
  readonly message_seq: number;
  readonly account_id: string;
  readonly choices: readonly number[];
  readonly seq: number;
}

/** A user group. */
export interface UserGroupRow {
  readonly id: string;
  readonly name: string;
  readonly name_key: string;
  readonly name_skeleton: string;
  readonly title: string;
  readonly members: readonly string[];
  readonly seq: number;
}

/** How long a group keeps messages; 0 days: forever. */
export interface GroupRetentionRow {
  readonly conversation_id: string;
  readonly days: number;
  readonly seq: number;
}

/** Up to which message of a conversation everything has expired. */
export interface RetentionProgressRow {
  readonly conversation_id: string;
  readonly up_to: number;
}
