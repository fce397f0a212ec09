import type { Event } from '@parley/protocol';
import type { FinalMessage } from './history.ts';

/** What a log of events means, worked out anew, without a line of the server’s code. */

/** A membership: the events from `joined` to `left`. */
export interface Stay {
  readonly joined: number;
  left: number | null;
}

/** Who was a member when. */
export function staysOf(events: readonly Event[]): Map<string, Stay[]> {
  const stays = new Map<string, Stay[]>();
  for (const event of events) {
    if (event.type === 'member.joined') {
      const list = stays.get(event.data.account) ?? [];
      list.push({ joined: event.seq, left: null });
      stays.set(event.data.account, list);
    } else if (event.type === 'member.left') {
      end(stays.get(event.data.account), event.seq);
    } else if (event.type === 'conversation.deleted') {
      for (const list of stays.values()) end(list, event.seq);
    }
  }
  return stays;
}

function end(list: Stay[] | undefined, seq: number): void {
  const last = list?.[list.length - 1];
  if (last && last.left === null) last.left = seq;
}

/** The messages as they stand after all events. */
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

/** How many messages of others, not deleted, stand after `read`. */
export function unreadOf(events: readonly Event[], account: string, read: number): number {
  return messagesOf(events).filter((m) => m.seq > read && m.author !== account && !m.deletedAt)
    .length;
}
