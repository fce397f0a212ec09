import { z } from 'zod';
import { count, seconds } from './bounds.ts';
import { ErrorCode } from './errors.ts';
import { Event, StreamKind } from './events.ts';
import { AccountId, ClientId, ConversationId, Seq, StreamId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { Conversation, Me, ReadCursor } from './resources.ts';
import { Body, Emoji } from './text.ts';

/**
 * The frames of the live socket (`/api/v1/live`): JSON text, one object a frame, told apart by
 * `op`. Unknown fields are ignored; an unknown `op` is answered with a nack.
 */

// ---- from the client -------------------------------------------------------------------------

/** The first frame. Streams that the cursor does not name start at their end. */
export const Hello = z.object({
  op: z.literal('hello'),
  /** Access token (JWT). */
  token: z.string().max(8192),
  /** Epoch under which the cursor was made; without it the cursor is not used. */
  epoch: z.string().max(64).optional(),
  cursor: z
    .record(z.string(), Seq)
    .refine((c) => Object.keys(c).length <= LIMITS.cursorStreams, 'Too many streams in the cursor')
    .default({}),
  /** What the person would call this device, for the list of sessions. */
  device: z.string().max(200).optional(),
});
export type Hello = z.infer<typeof Hello>;

const command = { id: ClientId };
const onMessage = { ...command, conversation: ConversationId, message: Seq };

/**
 * Commands that change something: each is answered by exactly one `ack` or `nack`, unless the socket
 * closes first. When the server cannot know the outcome (the database went away during the commit) it
 * sends `goodbye` and closes with 1012: reconnect and send again, with the same ids and in the same
 * order, every command that was not answered. An id names one command for ever: the same id with
 * other content is answered with the nack `client_id_reused`.
 */
export const Post = z.object({
  op: z.literal('post'),
  ...command,
  conversation: ConversationId,
  body: Body,
});
export const Edit = z.object({ op: z.literal('edit'), ...onMessage, body: Body });
export const Delete = z.object({ op: z.literal('delete'), ...onMessage });
export const React = z.object({ op: z.literal('react'), ...onMessage, emoji: Emoji });
export const Unreact = z.object({ op: z.literal('unreact'), ...onMessage, emoji: Emoji });
/** Moves the read cursor forward to `seq`; with `unread` it may also go back. */
export const Read = z.object({
  op: z.literal('read'),
  ...command,
  conversation: ConversationId,
  seq: Seq,
  unread: z.boolean().optional(),
});
/** Asks to be sent the stream again from the event after `after` (a hole was seen). */
export const Fill = z.object({ op: z.literal('fill'), ...command, stream: StreamId, after: Seq });
/** A fresh access token of the same session, before the one of `hello` expires. */
export const Renew = z.object({ op: z.literal('renew'), ...command, token: z.string().max(8192) });

/** Signals: not stored, not answered, may be lost. */
export const TypingSignal = z.object({ op: z.literal('typing'), conversation: ConversationId });
/** Whether the person is at the device (`active`) or away from it (`idle`). */
export const PresenceSignal = z.object({
  op: z.literal('presence'),
  state: z.enum(['active', 'idle']),
});
export const Ping = z.object({ op: z.literal('ping') });
export const Pong = z.object({ op: z.literal('pong') });

/** Any frame from a client. */
export const ClientFrame = z.discriminatedUnion('op', [
  Hello,
  Post,
  Edit,
  Delete,
  React,
  Unreact,
  Read,
  Fill,
  Renew,
  TypingSignal,
  PresenceSignal,
  Ping,
  Pong,
]);
export type ClientFrame = z.infer<typeof ClientFrame>;
/** Frames that are commands: they carry an `id`. */
export type CommandFrame = Extract<ClientFrame, { id: ClientId }>;
/** Commands that a person makes and the outbox keeps until they are answered. */
export type DurableCommand = Extract<
  CommandFrame,
  { op: 'post' | 'edit' | 'delete' | 'react' | 'unreact' | 'read' }
>;
export const CLIENT_OPS: ReadonlySet<string> = new Set(
  ClientFrame.options.map((o) => o.shape.op.value),
);

// ---- from the server -------------------------------------------------------------------------

/** How a person is: at a device, connected but away, or not connected. */
export const PresenceState = z.enum(['active', 'idle', 'offline']);
export type PresenceState = z.infer<typeof PresenceState>;

/** The state to start from; the answer to `hello`. */
export const Ready = z.object({
  op: z.literal('ready'),
  epoch: z.string(),
  /** Names this socket in the server’s logs. */
  connection: z.string(),
  me: Me,
  /** All followed streams and where they stood when this frame was made. */
  streams: z.array(z.object({ id: StreamId, kind: StreamKind, lastSeq: Seq })),
  conversations: z.array(Conversation),
  /** Version of the read cursors told in `conversations`. */
  readVersion: count(),
  /** People who are not offline, at most `limits.presenceMax`. */
  presence: z.array(z.object({ account: AccountId, state: PresenceState })),
  limits: z.record(z.string(), count()),
});
export type Ready = z.infer<typeof Ready>;

/**
 * The command is stored, as the event `seq` of `stream` (for `read`: up to `seq`; for `fill` and
 * `renew`: done). A repeated command gets the ack of the first.
 */
export const Ack = z.object({
  op: z.literal('ack'),
  id: ClientId,
  stream: StreamId,
  seq: Seq,
  at: z.string(),
});
export type Ack = z.infer<typeof Ack>;

/** The command was refused and has left nothing behind. `id` is null when it could not be read. */
export const Nack = z.object({
  op: z.literal('nack'),
  id: z.string().nullable(),
  code: ErrorCode,
  message: z.string(),
  /** Seconds. */
  retryAfter: seconds().optional(),
});
export type Nack = z.infer<typeof Nack>;

/** More is missing than is replayed: drop what you have and fetch the latest page. */
export const Reset = z.object({ op: z.literal('reset'), stream: StreamId, lastSeq: Seq });
export type Reset = z.infer<typeof Reset>;

/** From here on the socket is live: everything that was missing when `ready` was made is sent. */
export const Live = z.object({ op: z.literal('live') });

/**
 * A new conversation of this account, sent before the first event of its stream on this socket:
 * the same snapshot that `ready` would have had.
 */
export const ConversationOpened = z.object({
  op: z.literal('conversation'),
  conversation: Conversation,
});
export type ConversationOpened = z.infer<typeof ConversationOpened>;

/** One’s own read cursor moved, on any device. A hole in `version` means: fetch the cursors. */
export const ReadMoved = z.object({
  op: z.literal('read'),
  version: count(),
  cursor: ReadCursor,
});
/** Another member has read up to `readSeq`. */
export const Receipt = z.object({
  op: z.literal('receipt'),
  conversation: ConversationId,
  account: AccountId,
  readSeq: Seq,
});
export const Typing = z.object({
  op: z.literal('typing'),
  conversation: ConversationId,
  account: AccountId,
});
export const Presence = z.object({
  op: z.literal('presence'),
  changes: z.array(z.object({ account: AccountId, state: PresenceState })),
});
/**
 * Heartbeat with what a client needs to check itself: the last seq of the streams that moved since
 * the last ping, and the version of its read cursors.
 */
export const ServerPing = z.object({
  op: z.literal('ping'),
  heads: z.record(z.string(), Seq),
  readVersion: count(),
});
/**
 * The socket closes; reconnect after about `retryAfter` seconds. With `restart` the server is going
 * away, or cannot know the outcome of a command of this socket.
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
  Receipt,
  Typing,
  Presence,
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
  | z.infer<typeof Receipt>
  | z.infer<typeof Typing>
  | z.infer<typeof Presence>
  | z.infer<typeof ServerPing>
  | z.infer<typeof Pong>
  | z.infer<typeof Goodbye>;
