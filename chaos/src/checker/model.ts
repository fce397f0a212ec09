import {
  type ConversationEventType,
  type Event,
  type EventOf,
  type EventType,
  LIMITS,
} from '@parley/protocol';
import { finalMentions } from '../history/final-message.ts';
import type { FinalMention, FinalMessage, FinalPoll, FinalSummary } from '../history/history.ts';

/** Computes the meaning of a log of events independently, without any of the server’s code. */

/** A membership period: the events from `joined` to `left`. */
export interface MembershipPeriod {
  readonly joined: number;
  left: number | null;
}

/** The state that follows from the events of a conversation. */
interface State {
  readonly periods: Map<string, MembershipPeriod[]>;
  readonly messages: Map<number, MutableMessage>;
  /** The replies of each thread, including deleted ones. */
  readonly replies: Map<number, Reply[]>;
  /** The votes in each poll: the choices of each account, in the order of the votes. */
  readonly votes: Map<number, Map<string, readonly number[]>>;
}

interface Reply {
  readonly message: MutableMessage;
  readonly at: string;
}

interface MutableMessage {
  seq: number;
  author: string;
  body: string;
  deletedAt: string | null;
  editedAt: string | null;
  hiddenAt: string | null;
  replyTo: number | null;
  thread: number | null;
  alsoInConversation: boolean;
  threadSummary: FinalSummary | null;
  mentions: FinalMention[];
  reactions: { emoji: string; accounts: string[] }[];
  poll: FinalPoll | null;
  pinned: { by: string; at: string } | null;
}

/** Applies an event of one type to the state. */
type Effect<T extends EventType> = (state: State, event: EventOf<T>) => void;

/** The effect of each type of event; `none` if it changes neither messages nor memberships. */
const EFFECTS: { readonly [T in ConversationEventType]: Effect<T> | 'none' } = {
  'conversation.created': 'none',
  'conversation.updated': 'none',
  'conversation.deleted': ({ periods }, { seq }) => {
    for (const list of periods.values()) end(list, seq);
  },
  'member.joined': ({ periods }, { seq, data: { account } }) => {
    const list = periods.get(account) ?? [];
    list.push({ joined: seq, left: null });
    periods.set(account, list);
  },
  'member.left': ({ periods }, { seq, data: { account } }) => end(periods.get(account), seq),
  'member.role_changed': 'none',
  'member.banned': 'none',
  'member.unbanned': 'none',
  'link.created': 'none',
  'link.revoked': 'none',
  'message.posted': ({ messages, replies, votes }, { seq, actor: author, at, data }) => {
    const { body, replyTo = null, thread = null, alsoInConversation = false, poll } = data;
    const message: MutableMessage = {
      seq,
      author,
      body,
      deletedAt: null,
      editedAt: null,
      hiddenAt: null,
      replyTo,
      thread,
      alsoInConversation,
      threadSummary: null,
      mentions: finalMentions(data.mentions),
      reactions: [],
      poll: poll ? tally(poll.choices.length, new Map(), null) : null,
      pinned: null,
    };
    messages.set(seq, message);
    if (poll) votes.set(seq, new Map());
    if (thread !== null) replies.set(thread, [...(replies.get(thread) ?? []), { message, at }]);
  },
  'message.edited': ({ messages }, { at, data }) => {
    const message = messages.get(data.message);
    if (!message) return;
    message.body = data.body;
    message.editedAt = at;
    message.mentions = finalMentions(data.mentions);
  },
  'message.deleted': ({ messages }, { at, data }) => {
    const message = messages.get(data.message);
    if (!message) return;
    message.body = '';
    message.deletedAt = at;
    message.reactions = [];
    message.pinned = null;
    message.replyTo = null;
    message.mentions = [];
    message.poll = null;
  },
  'reaction.added': ({ messages }, { actor, data: { message, emoji } }) => {
    const { reactions } = messages.get(message) ?? {};
    const reaction = reactions?.find((r) => r.emoji === emoji);
    if (reaction) reaction.accounts.push(actor);
    else reactions?.push({ emoji, accounts: [actor] });
  },
  'reaction.removed': ({ messages }, { actor, data }) => {
    const message = messages.get(data.message);
    if (!message) return;
    for (const reaction of message.reactions) {
      if (reaction.emoji !== data.emoji) continue;
      reaction.accounts = reaction.accounts.filter((a) => a !== actor);
    }
    message.reactions = message.reactions.filter((r) => r.accounts.length > 0);
  },
  'message.pinned': ({ messages }, { actor: by, at, data }) => {
    const message = messages.get(data.message);
    if (message) message.pinned = { by, at };
  },
  'poll.voted': ({ messages, votes }, { actor, data }) => {
    const { poll } = messages.get(data.message) ?? {};
    const cast = votes.get(data.message);
    if (!poll || !cast) return;
    cast.delete(actor);
    if (data.choices.length > 0) cast.set(actor, data.choices);
    const message = messages.get(data.message) as MutableMessage;
    message.poll = tally(poll.choices.length, cast, poll.closedAt);
  },
  'poll.closed': ({ messages }, { at, data }) => {
    const message = messages.get(data.message);
    if (message?.poll) message.poll = { ...message.poll, closedAt: at };
  },
  'message.hidden': ({ messages }, { at, data }) => {
    const message = messages.get(data.message);
    if (!message) return;
    message.body = '';
    message.hiddenAt = at;
    message.replyTo = null;
    message.mentions = [];
  },
  'message.unhidden': ({ messages }, { data }) => {
    const message = messages.get(data.message);
    if (!message) return;
    message.body = data.body;
    message.hiddenAt = null;
    message.replyTo = data.replyTo ?? null;
    message.mentions = finalMentions(data.mentions);
  },
  'message.previewed': 'none',
  'message.unpinned': ({ messages }, { data }) => {
    const message = messages.get(data.message);
    if (message) message.pinned = null;
  },
};

/** Counts the votes in a poll. */
function tally(
  choices: number,
  votes: ReadonlyMap<string, readonly number[]>,
  closedAt: string | null,
): FinalPoll {
  const counted = Array.from({ length: choices }, (_, n) => {
    const accounts = [...votes].flatMap(([account, chosen]) => (chosen.includes(n) ? account : []));
    const isListed = accounts.length <= LIMITS.pollAccounts;
    return { votes: accounts.length, accounts: isListed ? accounts : [] };
  });
  return { choices: counted, voters: votes.size, closedAt };
}

/** Returns the summary of a thread; null without replies. */
function summaryOf(replies: readonly Reply[]): FinalSummary | null {
  const remaining = replies.filter(({ message }) => message.deletedAt === null);
  const last = remaining[remaining.length - 1];
  if (!last) return null;
  const authors = new Set(remaining.map(({ message }) => message.author).reverse());
  return {
    replies: remaining.length,
    lastReplySeq: last.message.seq,
    lastReplyAt: last.at,
    authors: [...authors].slice(0, LIMITS.threadAuthors),
  };
}

function end(list: MembershipPeriod[] | undefined, seq: number): void {
  const last = list?.[list.length - 1];
  if (last && last.left === null) last.left = seq;
}

function stateOf(events: readonly Event[]): State {
  const state: State = {
    periods: new Map(),
    messages: new Map(),
    replies: new Map(),
    votes: new Map(),
  };
  for (const event of events) {
    // The type of the effect follows from that of the event, which the compiler cannot express.
    const effect = EFFECTS[event.type as ConversationEventType] as Effect<EventType> | 'none';
    if (effect !== 'none') effect(state, event);
  }
  for (const [root, replies] of state.replies) {
    const message = state.messages.get(root);
    if (message) message.threadSummary = summaryOf(replies);
  }
  return state;
}

/** What follows from the events of a conversation. */
export interface Outcome {
  /** The membership periods of each account. */
  readonly periods: ReadonlyMap<string, readonly MembershipPeriod[]>;
  /** The messages in their state after all events. */
  readonly messages: readonly FinalMessage[];
}

/** Returns what follows from the events of a conversation. */
export function outcomeOf(events: readonly Event[]): Outcome {
  const { periods, messages } = stateOf(events);
  return { periods, messages: [...messages.values()] };
}

/** Returns the messages in their state after all events. */
export const messagesOf = (events: readonly Event[]): readonly FinalMessage[] =>
  outcomeOf(events).messages;

/** Returns whether a message is shown in its conversation, and not only in a thread. */
export const isInConversation = (m: FinalMessage): boolean =>
  m.thread === null || m.alsoInConversation;

/** Returns the messages that an account has not read: by others, after `read`, not deleted. */
export const unreadOf = (
  messages: readonly FinalMessage[],
  account: string,
  read: number,
): FinalMessage[] =>
  messages.filter((m) => m.seq > read && m.author !== account && m.deletedAt === null);

/** Returns whether a message mentions an account by name, by a user group, or everyone. */
export const isMentioned = (account: string, message: FinalMessage): boolean =>
  message.mentions.some(({ kind }) => kind === 'everyone') || isNamed(account, message);

/** Returns whether a message mentions an account by name or by a user group. */
export const isNamed = (account: string, { mentions }: FinalMessage): boolean =>
  mentions.some(
    ({ kind, id, accounts }) =>
      (kind === 'user' && id === account) || accounts?.includes(account) === true,
  );
