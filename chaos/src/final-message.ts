import type { Message } from '@parley/protocol';
import type { FinalMessage } from './history.ts';

/** Returns a message in the form of the checker. */
export function finalMessage(m: Message): FinalMessage {
  return {
    seq: m.seq,
    author: m.author,
    body: m.body,
    deletedAt: m.deletedAt,
    editedAt: m.editedAt,
    replyTo: m.replyTo,
    reactions: m.reactions.map((r) => ({ emoji: r.emoji, accounts: [...r.accounts] })),
    pinned: m.pinned && { by: m.pinned.by, at: m.pinned.at },
  };
}
