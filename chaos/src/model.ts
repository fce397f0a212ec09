import type { ConversationEventType, Event, EventOf, EventType } from '@parley/protocol';
import type { FinalMessage } from './history.ts';

/** Computes the meaning of a log of events independently, without any of the server’s code. */

/** A membership period: the events from `joined` to `left`. */
export interface MembershipPeriod {
  readonly joined: number;
  left: number | null;
}

/** What follows from the events of a conversation. */
interface State {
  readonly periods: Map<string, MembershipPeriod[]>;
  readonly messages: Map<number, MutableMessage>;
}

interface MutableMessage {
  seq: number;
  author: string;
  body: string;
  deletedAt: string | null;
  editedAt: string | null;
  replyTo: number | null;
  reactions: { emoji: string; accounts: string[] }[];
  pinned: { by: string; at: string } | null;
}

/** Applies an event of one type to the state. */
type Effect<T extends EventType> = (state: State, event: EventOf<T>) => void;

/** What each type of event means; `none`: it changes neither messages nor memberships. */
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
  'message.posted': ({ messages }, { seq, actor: author, data: { body, replyTo = null } }) => {
    const unchanged = { deletedAt: null, editedAt: null };
    messages.set(seq, { seq, author, body, ...unchanged, replyTo, reactions: [], pinned: null });
  },
  'message.edited': ({ messages }, { at, data }) => {
    const message = messages.get(data.message);
    if (!message) return;
    message.body = data.body;
    message.editedAt = at;
  },
  'message.deleted': ({ messages }, { at, data }) => {
    const message = messages.get(data.message);
    if (!message) return;
    message.body = '';
    message.deletedAt = at;
    message.reactions = [];
    message.pinned = null;
    message.replyTo = null;
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
  'poll.voted': 'none',
  'poll.closed': 'none',
  'message.unpinned': ({ messages }, { data }) => {
    const message = messages.get(data.message);
    if (message) message.pinned = null;
  },
};

function end(list: MembershipPeriod[] | undefined, seq: number): void {
  const last = list?.[list.length - 1];
  if (last && last.left === null) last.left = seq;
}

function stateOf(events: readonly Event[]): State {
  const state: State = { periods: new Map(), messages: new Map() };
  for (const event of events) {
    // The type of the effect follows from that of the event, which the compiler cannot express.
    const effect = EFFECTS[event.type as ConversationEventType] as Effect<EventType> | 'none';
    if (effect !== 'none') effect(state, event);
  }
  return state;
}

/** Returns the membership periods of each account. */
export function periodsOf(events: readonly Event[]): Map<string, MembershipPeriod[]> {
  return stateOf(events).periods;
}

/** Returns the messages in their state after all events. */
export function messagesOf(events: readonly Event[]): FinalMessage[] {
  return [...stateOf(events).messages.values()];
}

/** Counts the messages of others after `read` that are not deleted. */
export function unreadOf(events: readonly Event[], account: string, read: number): number {
  return messagesOf(events).filter((m) => m.seq > read && m.author !== account && !m.deletedAt)
    .length;
}
