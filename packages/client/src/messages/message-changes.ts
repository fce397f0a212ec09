import {
  type AccountId,
  type ConversationEventType,
  type ConversationId,
  type Event,
  type EventOf,
  type EventType,
  LIMITS,
  type Message,
  newMessage,
  type Seq,
  SYSTEM,
} from '@parley/protocol';
import { withVote } from './polls.ts';

/** Events that change an earlier message: those that name one, and replies in threads. */
export type MessageEvent =
  | Extract<EventOf<ConversationEventType>, { data: { message: Seq } }>
  | EventOf<'message.posted'>;
/** Events that name a message. */
type NamingEvent = Exclude<MessageEvent, EventOf<'message.posted'>>;

/** Returns the fields of a message that an event changes. */
type Change<T extends EventType> = (message: Message, event: EventOf<T>) => Partial<Message>;

/** The changes to a message by each type of event that names one. */
const CHANGES: { readonly [T in NamingEvent['type']]: Change<T> } = {
  'message.edited': (_message, event) => ({
    body: event.data.body,
    mentions: event.data.mentions ?? [],
    editedAt: event.at,
  }),
  'message.deleted': (_message, event) => ({
    body: '',
    deletedAt: event.at,
    replyTo: null,
    mentions: [],
    attachments: [],
    reactions: [],
    forwardedFrom: null,
    poll: null,
    previews: [],
    pinned: null,
  }),
  'message.hidden': (_message, event) => ({
    body: '',
    hiddenAt: event.at,
    replyTo: null,
    mentions: [],
    attachments: [],
    forwardedFrom: null,
    previews: [],
  }),
  'message.unhidden': (_message, { data }) => ({
    body: data.body,
    hiddenAt: null,
    replyTo: data.replyTo ?? null,
    mentions: data.mentions ?? [],
    attachments: data.attachments ?? [],
    forwardedFrom: data.forwardedFrom ?? null,
  }),
  'reaction.added': (message, event) => ({
    reactions: withReaction(message, event.data.emoji, event.actor),
  }),
  'reaction.removed': (message, event) => ({
    reactions: withoutReaction(message, event.data.emoji, event.actor),
  }),
  'message.pinned': (_message, event) => ({ pinned: { by: event.actor, at: event.at } }),
  'message.unpinned': () => ({ pinned: null }),
  'message.previewed': (_message, event) => ({ previews: event.data.previews ?? [] }),
  'poll.voted': (message, event) => ({ poll: withVote(message.poll, event) }),
  'poll.closed': ({ poll }, event) => ({ poll: poll && { ...poll, closedAt: event.at } }),
};

/** Returns whether the event changes a message that was posted before. */
export function isChange(event: Event): event is MessageEvent {
  if (event.type === 'message.posted') return event.data.thread !== undefined;
  return Object.hasOwn(CHANGES, event.type);
}

/** Returns the seq up to which all messages of the conversation have expired, if an event says one. */
export const expiredUpTo = ({ type, actor, data }: Event): Seq | null =>
  type === 'message.deleted' && actor === SYSTEM ? data.message : null;

/** Where a message is shown: the fields that messages and their events share. */
export interface Placed {
  readonly thread?: Seq | null | undefined;
  readonly alsoInConversation?: boolean | undefined;
}

/** Returns whether a message is shown in its conversation, and not only in a thread. */
export const isInConversation = ({ thread, alsoInConversation }: Placed): boolean =>
  (thread ?? null) === null || alsoInConversation === true;

/** Returns the messages that an event changes: the one that it names, and the root of its thread. */
export function targetsOf(event: MessageEvent): Seq[] {
  const { data } = event;
  const countsReplies = event.type === 'message.posted' || event.type === 'message.deleted';
  const root = countsReplies ? [event.data.thread ?? []] : [];
  return [...('message' in data ? [data.message] : []), ...root.flat()];
}

/** Returns the message that an event creates. */
export function messageOfPost(
  conversation: ConversationId,
  {
    seq,
    actor: author,
    at: postedAt,
    data: { body, replyTo, thread, alsoInConversation, mentions, attachments, forwardedFrom, poll },
  }: EventOf<'message.posted'>,
): Message {
  return newMessage({
    conversation,
    seq,
    author,
    body,
    postedAt,
    replyTo,
    thread,
    alsoInConversation,
    mentions,
    attachments,
    forwardedFrom,
    poll,
  });
}

/** Returns the message after the event; the same object if it already contains the event. */
export function change(message: Message, event: MessageEvent): Message {
  if (event.seq <= message.changedSeq) return message;
  if (event.type === 'message.posted') return withReply(message, event);
  if (event.type === 'message.deleted' && event.data.thread === message.seq) {
    return withoutReply(message, event);
  }
  // The type of the function follows from that of the event, which the compiler cannot express.
  const changed = CHANGES[event.type] as Change<NamingEvent['type']>;
  return { ...message, ...changed(message, event), changedSeq: event.seq };
}

function withReply(
  root: Message,
  { seq, at: lastReplyAt, actor, data }: EventOf<'message.posted'>,
): Message {
  if (data.thread !== root.seq) return root;
  const { replies = 0, authors = [] } = root.threadSummary ?? {};
  const others = authors.filter((author) => author !== actor);
  const threadSummary = {
    replies: replies + 1,
    lastReplySeq: seq,
    lastReplyAt,
    authors: [actor, ...others].slice(0, LIMITS.threadAuthors),
  };
  return { ...root, threadSummary, changedSeq: seq };
}

/** The last change of a deleted root remains its deletion, as on the server. */
function withoutReply(root: Message, { seq, data }: EventOf<'message.deleted'>): Message {
  const threadSummary = data.threadSummary ?? null;
  const changedSeq = root.deletedAt === null ? seq : root.changedSeq;
  return { ...root, threadSummary, changedSeq };
}

function withReaction(message: Message, emoji: string, account: AccountId): Message['reactions'] {
  const exists = message.reactions.some((r) => r.emoji === emoji);
  if (!exists) return [...message.reactions, { emoji, accounts: [account] }];
  return message.reactions.map((r) =>
    r.emoji === emoji && !r.accounts.includes(account)
      ? { emoji, accounts: [...r.accounts, account] }
      : r,
  );
}

function withoutReaction(
  message: Message,
  emoji: string,
  account: AccountId,
): Message['reactions'] {
  return message.reactions
    .map((r) =>
      r.emoji === emoji ? { emoji, accounts: r.accounts.filter((a) => a !== account) } : r,
    )
    .filter((r) => r.accounts.length > 0);
}
