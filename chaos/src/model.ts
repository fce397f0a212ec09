import type { Event } from '@parley/protocol';
import type { FinalMessage } from './history.ts';

/** Computes the meaning of a log of events independently, without any of the server’s code. */

/** A membership period: the events from `joined` to `left`. */
export interface MembershipPeriod {
  readonly joined: number;
  left: number | null;
}

/** Returns the membership periods of each account. */
export function periodsOf(events: readonly Event[]): Map<string, MembershipPeriod[]> {
  const periods = new Map<string, MembershipPeriod[]>();
  for (const event of events) {
    if (event.type === 'member.joined') {
      const list = periods.get(event.data.account) ?? [];
      list.push({ joined: event.seq, left: null });
      periods.set(event.data.account, list);
    } else if (event.type === 'member.left') {
      end(periods.get(event.data.account), event.seq);
    } else if (event.type === 'conversation.deleted') {
      for (const list of periods.values()) end(list, event.seq);
    }
  }
  return periods;
}

function end(list: MembershipPeriod[] | undefined, seq: number): void {
  const last = list?.[list.length - 1];
  if (last && last.left === null) last.left = seq;
}

/** Returns the messages in their state after all events. */
export function messagesOf(events: readonly Event[]): FinalMessage[] {
  const messages = new Map<number, Mutable>();
  for (const event of events) {
    switch (event.type) {
      case 'message.posted':
        messages.set(event.seq, {
          seq: event.seq,
          author: event.actor,
          body: event.data.body,
          deletedAt: null,
          editedAt: null,
          reactions: [],
        });
        break;
      case 'message.edited': {
        const message = messages.get(event.data.message);
        if (message) {
          message.body = event.data.body;
          message.editedAt = event.at;
        }
        break;
      }
      case 'message.deleted': {
        const message = messages.get(event.data.message);
        if (message) {
          message.body = '';
          message.deletedAt = event.at;
          message.reactions = [];
        }
        break;
      }
      case 'reaction.added': {
        const message = messages.get(event.data.message);
        const reaction = message?.reactions.find((r) => r.emoji === event.data.emoji);
        if (reaction) reaction.accounts.push(event.actor);
        else message?.reactions.push({ emoji: event.data.emoji, accounts: [event.actor] });
        break;
      }
      case 'reaction.removed': {
        const message = messages.get(event.data.message);
        if (!message) break;
        for (const reaction of message.reactions) {
          if (reaction.emoji !== event.data.emoji) continue;
          reaction.accounts = reaction.accounts.filter((a) => a !== event.actor);
        }
        message.reactions = message.reactions.filter((r) => r.accounts.length > 0);
        break;
      }
    }
  }
  return [...messages.values()];
}

interface Mutable {
  seq: number;
  author: string;
  body: string;
  deletedAt: string | null;
  editedAt: string | null;
  reactions: { emoji: string; accounts: string[] }[];
}

/** Counts the messages of others after `read` that are not deleted. */
export function unreadOf(events: readonly Event[], account: string, read: number): number {
  return messagesOf(events).filter((m) => m.seq > read && m.author !== account && !m.deletedAt)
    .length;
}
