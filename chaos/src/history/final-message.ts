import { LIMITS, type Mention, type Message, type ThreadSummary } from '@parley/protocol';
import type { FinalMention, FinalMessage, FinalPoll, FinalSummary } from './history.ts';

/** Returns a message in the format of the checker. */
export function finalMessage(m: Message): FinalMessage {
  return {
    seq: m.seq,
    author: m.author,
    body: m.body,
    deletedAt: m.deletedAt,
    editedAt: m.editedAt,
    hiddenAt: m.hiddenAt,
    replyTo: m.replyTo,
    thread: m.thread,
    alsoInConversation: m.alsoInConversation,
    threadSummary: finalSummary(m.threadSummary),
    mentions: finalMentions(m.mentions),
    reactions: m.reactions.map((r) => ({ emoji: r.emoji, accounts: [...r.accounts] })),
    poll: finalPoll(m.poll),
    pinned: m.pinned && { by: m.pinned.by, at: m.pinned.at },
  };
}

/** Returns the summary of a thread in the format of the checker. */
export const finalSummary = (s: ThreadSummary | null | undefined): FinalSummary | null =>
  s
    ? {
        replies: s.replies,
        lastReplySeq: s.lastReplySeq,
        lastReplyAt: s.lastReplyAt,
        authors: [...s.authors],
      }
    : null;

/** Returns mentions in the format of the checker. */
export const finalMentions = (mentions: readonly Mention[] = []): FinalMention[] =>
  mentions.map((mention) => ({
    kind: mention.kind,
    id: 'id' in mention ? mention.id : null,
    ...('accounts' in mention && { accounts: [...mention.accounts] }),
  }));

/** The accounts of a choice are compared only where all of them are listed. */
function finalPoll(poll: Message['poll']): FinalPoll | null {
  if (!poll) return null;
  const choices = poll.choices.map(({ votes, accounts }) => ({
    votes,
    accounts: votes > LIMITS.pollAccounts ? [] : [...accounts],
  }));
  return { choices, voters: poll.voters, closedAt: poll.closedAt };
}
