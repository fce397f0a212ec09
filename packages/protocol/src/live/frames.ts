import { count, seconds } from '../base/bounds.ts';
import { ErrorCode } from '../base/errors.ts';
import { AccountId, ClientId, ConversationId, Seq, StreamId } from '../base/ids.ts';
import { LIMITS } from '../base/limits.ts';
import { Body, ReactionEmoji, withContent } from '../base/text.ts';
import { z } from '../base/z.ts';
import { Event, StreamKind } from '../events/events.ts';
import { Conversation, Me, Status } from '../events/resources.ts';
import { Draft, ReadCursor, ThreadCursor, UnreadMentions } from '../messages/messages.ts';

/**
 * The frames of the live socket (`/api/v1/live`). Each is one JSON object whose kind is named by
 * `op`. Unknown fields are ignored; an unknown `op` is answered with a nack.
 */

// ---- from the client -------------------------------------------------------------------------

/** The first frame. Streams that are not in the cursor start at their head. */
export const Hello = z.object({
  op: z.literal('hello'),
  /** Access token (JWT). */
  token: z.string().max(8192),
  /** The epoch in which the cursor was recorded; without it the cursor is ignored. */
  epoch: z.string().max(64).optional(),
  cursor: z
    .record(z.string(), Seq)
    .refine((c) => Object.keys(c).length <= LIMITS.cursorStreams, 'Too many streams in the cursor')
    .default({}),
  /**
   * The client has the snapshot of each conversation in its cursor, as of the cursor, except these.
   * `ready` then leaves out the snapshots that did not change. Without this field the server sends
   * all of them.
   */
  resend: z.array(ConversationId).max(LIMITS.resendConversations).optional(),
  /** Requests the conversations of `ready` in `compact`, which takes an eighth of the bytes. */
  compact: z.boolean().optional(),
  /**
   * The accounts whose presence this socket receives, until a `watch` replaces them. Without this
   * field it receives the presence of all accounts: clients that show more than a few people should
   * set it. A guest receives only the presence of users in its conversations, and without this
   * field none. An API key needs the scope `users:read` for it; otherwise it gets a `nack`, and no
   * presence.
   */
  presence: z.array(AccountId).max(LIMITS.presenceSubscriptions).optional(),
  /** The name of this device, for the list of sessions. */
  device: z.string().max(200).optional(),
});
export type Hello = z.infer<typeof Hello>;

const command = { id: ClientId };
const onMessage = { ...command, conversation: ConversationId, message: Seq };

/**
 * Commands that change something. Each is answered by exactly one `ack` or `nack`, unless the
 * socket closes first. If the outcome is unknown (the database connection was lost during the
 * commit), the server sends `goodbye` and closes with 1012: reconnect and resend every unanswered
 * command, with the same ids and in the same order. An id identifies one command forever: the same
 * id with different content is rejected with `client_id_reused`.
 */
export const Post = withContent({
  op: z.literal('post'),
  ...command,
  conversation: ConversationId,
  /** The seq of a message of the same conversation that this one quotes. */
  replyTo: Seq.optional(),
  /** Replies in the thread of this message, which is not itself a reply in a thread. */
  thread: Seq.optional(),
  /** Also shows the reply among the messages of the conversation. Ignored without `thread`. */
  alsoInConversation: z.boolean().optional(),
});
/** Replaces the text of a message of the account. */
export const Edit = z.object({ op: z.literal('edit'), ...onMessage, body: Body });
/** Deletes the account’s own message, or as a moderator another member’s. */
export const Delete = z.object({ op: z.literal('delete'), ...onMessage });
/** Adds a reaction of the sender to a message. */
export const React = z.object({ op: z.literal('react'), ...onMessage, emoji: ReactionEmoji });
/** Removes a reaction of the sender from a message. */
export const Unreact = z.object({ op: z.literal('unreact'), ...onMessage, emoji: ReactionEmoji });
/** Pins a message for all members of the conversation. */
export const Pin = z.object({ op: z.literal('pin'), ...onMessage });
/** Removes the pin of a message, no matter who pinned it. */
export const Unpin = z.object({ op: z.literal('unpin'), ...onMessage });
/**
 * Moves the read cursor forward to `seq`; with `unread` it may also move back, and its revision is
 * raised. With `revision`, the command is ignored if the cursor has a different one; its ack then
 * has the current `seq` of the cursor.
 */
export const Read = z.object({
  op: z.literal('read'),
  ...command,
  conversation: ConversationId,
  seq: Seq,
  unread: z.boolean().optional(),
  revision: count().optional(),
});
/** Requests the events of a stream after `after`, to fill a gap. */
export const Fill = z.object({ op: z.literal('fill'), ...command, stream: StreamId, after: Seq });
/** A new access token of the same session, before the one in `hello` expires. */
export const Renew = z.object({ op: z.literal('renew'), ...command, token: z.string().max(8192) });

/** Signals are neither stored nor answered, and may be lost. */
export const TypingSignal = z.object({ op: z.literal('typing'), conversation: ConversationId });
/** Whether the user is using the device (`active`) or not (`idle`). */
export const PresenceSignal = z.object({
  op: z.literal('presence'),
  state: z.enum(['active', 'idle']),
});
/**
 * Replaces the accounts whose presence this socket receives: those on the screen. The server
 * answers with the presence of new ones. An API key needs the scope `users:read`.
 */
export const WatchSignal = z.object({
  op: z.literal('watch'),
  accounts: z.array(AccountId).max(LIMITS.presenceSubscriptions),
});
/** Requests a `pong`, so that the client can check that its connection still works. */
export const Ping = z.object({ op: z.literal('ping') });
/** The answer to a `ping`. The server disconnects clients that are silent for too long. */
export const Pong = z.object({ op: z.literal('pong') });

/** Any frame from a client. */
export const ClientFrame = z.discriminatedUnion('op', [
  Hello,
  Post,
  Edit,
  Delete,
  React,
  Unreact,
  Pin,
  Unpin,
  Read,
  Fill,
  Renew,
  TypingSignal,
  PresenceSignal,
  WatchSignal,
  Ping,
  Pong,
]);
export type ClientFrame = z.infer<typeof ClientFrame>;
/** Frames that are commands; they carry an `id`. */
export type CommandFrame = Extract<ClientFrame, { id: ClientId }>;
/** Commands of a user, which the outbox keeps until they are answered. */
export type DurableCommand = Extract<
  CommandFrame,
  { op: 'post' | 'edit' | 'delete' | 'react' | 'unreact' | 'pin' | 'unpin' | 'read' }
>;

// ---- from the server -------------------------------------------------------------------------

/**
 * Presence of an account: using a device; connected, but idle or set away by its user (`Status.isAway`); or not connected.
 */
export const PresenceState = z.enum(['active', 'idle', 'offline']);
export type PresenceState = z.infer<typeof PresenceState>;

/** The presence of one account. */
export const PresenceEntry = z.object({
  account: AccountId,
  state: PresenceState,
  status: Status.optional(),
});
export type PresenceEntry = z.infer<typeof PresenceEntry>;

/**
 * A conversation whose snapshot the client has, without events since its cursor. These fields are
 * not derived from events, and may have changed.
 */
export const UnchangedConversation = z.object({
  id: ConversationId,
  readSeq: Seq,
  readRevision: count(),
  unread: count(),
  unreadMentions: UnreadMentions,
  peerReadSeq: Seq.nullable(),
});
export type UnchangedConversation = z.infer<typeof UnchangedConversation>;

/**
 * Rows as columns. A column has one value for all rows, one for each row, or distinct `values` and
 * for each row the index of its value.
 */
export const Columns = z.object({
  rows: count(),
  columns: z.record(
    z.string(),
    z.union([
      z.object({ all: z.unknown() }),
      z.object({ each: z.array(z.unknown()) }),
      z.object({ values: z.array(z.unknown()), at: z.array(count()) }),
    ]),
  ),
});
export type Columns = z.infer<typeof Columns>;

/** The initial state: the answer to `hello`. */
export const Ready = z.object({
  op: z.literal('ready'),
  epoch: z.string(),
  /** Identifies this socket in the server’s logs. */
  connection: z.string(),
  me: Me,
  /** All subscribed streams and their heads when this frame was created. A guest has no workspace stream. */
  streams: z.array(z.object({ id: StreamId, kind: StreamKind, lastSeq: Seq })),
  /**
   * The conversations of the account, except those in `unchanged`, with the first 300 characters of
   * their last messages.
   */
  conversations: z.array(Conversation),
  /** Empty unless `hello` had `resend`. */
  unchanged: z.array(UnchangedConversation),
  /**
   * If `hello` asked for it: what `conversations` and `unchanged` would have contained, which are
   * empty then. `lastMessage` of a conversation is whether it has one; `lastMessages` has these
   * without their conversation, in the same order. `unchanged` also has `lastSeq`; `streams` has no
   * conversations.
   */
  compact: z
    .object({ conversations: Columns, lastMessages: Columns, unchanged: Columns })
    .optional(),
  /** The version of the read cursors in `conversations` and `unchanged`. */
  readVersion: count(),
  /**
   * The accounts in `hello.presence` that are not offline or have a status; without it, at most
   * `limits.presenceMax` accounts that are not offline.
   */
  presence: z.array(PresenceEntry),
  limits: z.record(z.string(), count()),
});
export type Ready = z.infer<typeof Ready>;

/**
 * The command is stored as event `seq` of `stream` (`read`: the cursor is at `seq`; `fill` and
 * `renew`: done). A repeated command gets the ack of the first one.
 */
export const Ack = z.object({
  op: z.literal('ack'),
  id: ClientId,
  stream: StreamId,
  seq: Seq,
  at: z.string(),
});
export type Ack = z.infer<typeof Ack>;

/** The command was rejected and changed nothing. `id` is null if it could not be read. */
export const Nack = z.object({
  op: z.literal('nack'),
  id: z.string().nullable(),
  code: ErrorCode,
  message: z.string(),
  /** Seconds to wait before a retry. */
  retryAfter: seconds().optional(),
});
export type Nack = z.infer<typeof Nack>;

/** More events are missing than are replayed: drop the cached stream and fetch the latest page. */
export const Reset = z.object({ op: z.literal('reset'), stream: StreamId, lastSeq: Seq });
export type Reset = z.infer<typeof Reset>;

/** The socket is live: all events that were missing when `ready` was created have been sent. */
export const Live = z.object({ op: z.literal('live') });

/**
 * A new conversation of this account: the snapshot that `ready` would have contained, sent before
 * the first event of its stream on this socket.
 */
export const ConversationOpened = z.object({
  op: z.literal('conversation'),
  conversation: Conversation,
});
export type ConversationOpened = z.infer<typeof ConversationOpened>;

/** A read cursor of this account moved, on any device. After a gap in `version`, fetch the cursors. */
export const ReadMoved = z.object({
  op: z.literal('read'),
  version: count(),
  cursor: ReadCursor,
});
/**
 * A draft of this account was saved, or deleted (null), on any device. It shares its version with
 * the read cursors: after a gap in `version`, fetch the cursors and the drafts.
 */
export const DraftMoved = z.object({
  op: z.literal('draft'),
  version: count(),
  conversation: ConversationId,
  /** The root of the thread; null outside threads. */
  thread: Seq.nullable(),
  draft: Draft.nullable(),
});
/**
 * A read cursor of a followed thread moved, on any device. It shares its version with the read
 * cursors: after a gap in `version`, fetch the cursors of conversations and of threads.
 */
export const ThreadRead = z.object({
  op: z.literal('thread_read'),
  version: count(),
  cursor: ThreadCursor,
});
/**
 * The activity of this account has changed: fetch it if it is shown. It shares its version with the
 * read cursors: after a gap in `version`, fetch the cursors as well.
 */
export const ActivityChanged = z.object({ op: z.literal('activity'), version: count() });
/**
 * Open reports of messages that this account may read have changed: count them again. A frame may
 * be lost, and changes while the account is not connected have none.
 */
export const ReportsChanged = z.object({ op: z.literal('reports') });
/** Another member has read up to `readSeq`. */
export const Receipt = z.object({
  op: z.literal('receipt'),
  conversation: ConversationId,
  account: AccountId,
  readSeq: Seq,
});
/** Another member is typing. Not stored; repeated every few seconds while it lasts. */
export const Typing = z.object({
  op: z.literal('typing'),
  conversation: ConversationId,
  account: AccountId,
});
/**
 * Changes of presence. To a socket with subscriptions each entry also has the status, unless the
 * account has none: an entry without a status means that there is none. Other sockets do not
 * receive statuses.
 */
export const Presence = z.object({
  op: z.literal('presence'),
  changes: z.array(PresenceEntry),
});
/**
 * Sent only to guests, who do not receive the workspace stream: lists what to reload because of its
 * events. Null: all users that the client knows may have changed. A client that was not connected
 * reloads everything at its `ready`.
 */
export const Changed = z.object({
  op: z.literal('changed'),
  users: z.array(AccountId).nullable(),
  /** The names of server settings. */
  settings: z.array(z.string()),
  /** Whether custom emoji have changed. */
  emoji: z.boolean(),
});
/**
 * A heartbeat with which clients detect missed events: the heads of the streams with new events
 * since the last ping, and the version of the read cursors.
 */
export const ServerPing = z.object({
  op: z.literal('ping'),
  heads: z.record(z.string(), Seq),
  readVersion: count(),
});
/**
 * The socket closes; reconnect after about `retryAfter` seconds. `restart`: the server is shutting
 * down, or the outcome of a command of this socket is unknown.
 */
export const Goodbye = z.object({
  op: z.literal('goodbye'),
  reason: z.enum(['restart', 'session_ended', 'too_slow', 'too_many_frames', 'unauthenticated']),
  retryAfter: seconds(),
});
export type Goodbye = z.infer<typeof Goodbye>;

/** Any frame from the server. */
export const ServerFrame = z.union([
  Ready,
  Ack,
  Nack,
  Event as unknown as z.ZodType<Event>,
  Reset,
  Live,
  ConversationOpened,
  ReadMoved,
  DraftMoved,
  ThreadRead,
  ActivityChanged,
  ReportsChanged,
  Receipt,
  Typing,
  Presence,
  Changed,
  ServerPing,
  Pong,
  Goodbye,
]);
export type ServerFrame =
  | Ready
  | Ack
  | Nack
  | Event
  | Reset
  | z.infer<typeof Live>
  | ConversationOpened
  | z.infer<typeof ReadMoved>
  | z.infer<typeof DraftMoved>
  | z.infer<typeof ThreadRead>
  | z.infer<typeof ActivityChanged>
  | z.infer<typeof ReportsChanged>
  | z.infer<typeof Receipt>
  | z.infer<typeof Typing>
  | z.infer<typeof Presence>
  | z.infer<typeof Changed>
  | z.infer<typeof ServerPing>
  | z.infer<typeof Pong>
  | z.infer<typeof Goodbye>;
