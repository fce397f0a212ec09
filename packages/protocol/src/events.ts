import { z } from 'zod';
import { Timestamp } from './bounds.ts';
import { AccountId, ClientId, ConversationId, Seq, StreamId } from './ids.ts';
import { Emoji } from './text.ts';

/**
 * Everything durable that a client must learn of is an event in a stream. This file lists them
 * all: the name of the type, and the schema of its `data`.
 */

/** May change a group and its members; the first is the one who made it. */
export const MemberRole = z.enum(['owner', 'member']);
export type MemberRole = z.infer<typeof MemberRole>;
export const Visibility = z.enum(['public', 'private']);
export type Visibility = z.infer<typeof Visibility>;
export const ConversationKind = z.enum(['direct', 'group']);
export type ConversationKind = z.infer<typeof ConversationKind>;
/** What an account may do on the server as a whole. */
export const AccountRole = z.enum(['owner', 'admin', 'member']);
export type AccountRole = z.infer<typeof AccountRole>;
export const StreamKind = z.enum(['conversation', 'personal', 'workspace']);
export type StreamKind = z.infer<typeof StreamKind>;

/** The text of a message that was said. Empty when the message has been deleted since. */
const Said = z.string();

/** `data` of each type of event. `message` is the seq of the event that posted the message. */
export const EVENT_DATA = {
  // Streams of conversations.
  'conversation.created': z.object({
    kind: ConversationKind,
    visibility: Visibility,
    name: z.string().nullable(),
    /**
     * The two of a direct conversation, in the order of their ids; the same one twice for notes
     * to oneself.
     */
    users: z.tuple([AccountId, AccountId]).optional(),
  }),
  'conversation.updated': z.object({
    name: z.string().optional(),
    visibility: Visibility.optional(),
  }),
  'conversation.deleted': z.object({}),
  'member.joined': z.object({ account: AccountId, role: MemberRole }),
  /** The actor is somebody else when the member was removed. */
  'member.left': z.object({ account: AccountId }),
  'member.role_changed': z.object({ account: AccountId, role: MemberRole }),
  'message.posted': z.object({ body: Said }),
  'message.edited': z.object({ message: Seq, body: Said }),
  'message.deleted': z.object({ message: Seq, author: AccountId }),
  'reaction.added': z.object({ message: Seq, emoji: Emoji }),
  'reaction.removed': z.object({ message: Seq, emoji: Emoji }),
  // Personal streams.
  /** `seq`: that of the `member.joined` in the conversation’s stream. */
  'conversation.joined': z.object({ conversation: ConversationId, seq: Seq }),
  /** `seq`: that of the last event of the conversation that the account may see. */
  'conversation.left': z.object({ conversation: ConversationId, seq: Seq }),
  // The workspace stream.
  'user.registered': z.object({
    account: AccountId,
    username: z.string(),
    displayName: z.string(),
  }),
  'user.updated': z.object({ account: AccountId, username: z.string(), displayName: z.string() }),
  /** The account cannot log in any more; its messages stay. */
  'user.deactivated': z.object({ account: AccountId }),
  'user.reactivated': z.object({ account: AccountId }),
  'user.role_changed': z.object({ account: AccountId, role: AccountRole }),
  /** Nothing is left of the account but that it has written what it has written. */
  'user.deleted': z.object({ account: AccountId }),
  /** A public group can be found, under this name. */
  'group.created': z.object({ conversation: ConversationId, name: z.string() }),
  'group.updated': z.object({ conversation: ConversationId, name: z.string() }),
  'group.deleted': z.object({ conversation: ConversationId }),
} as const;

/** Name of a kind of event. */
export type EventType = keyof typeof EVENT_DATA;
/** `data` of an event of the type T. */
export type EventData<T extends EventType = EventType> = z.infer<(typeof EVENT_DATA)[T]>;
export const EVENT_TYPES = Object.keys(EVENT_DATA) as EventType[];

/** What all events have. */
const eventBase = {
  op: z.literal('event'),
  stream: StreamId,
  seq: Seq,
  /** Server time, RFC 3339. For showing only: the order is that of seq. */
  at: Timestamp,
  actor: AccountId,
  /** The command that made it; null for an event that came along with another. */
  client: ClientId.nullable(),
};

/** An event of a known type, as it goes over the wire. */
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
