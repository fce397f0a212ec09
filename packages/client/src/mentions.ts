import {
  type AccountId,
  type Event,
  isMentionOf,
  LIMITS,
  type Mention,
  type Seq,
} from '@parley/protocol';

/** Returns whether mentions are of the account or of everyone: such a message counts as a mention of it. */
export const areOf = (mentions: readonly Mention[] | undefined, account: AccountId): boolean =>
  (mentions ?? []).some((m) => m.kind === 'everyone' || isMentionOf(m, account));

/** Returns whether the text of an event mentions a user, by name or by a user group. */
export function mentionsUser(event: Event, user: AccountId): boolean {
  if (event.type !== 'message.posted' && event.type !== 'message.edited') return false;
  return (event.data.mentions ?? []).some((m) => isMentionOf(m, user));
}

/**
 * Returns the seqs of unread mentions with or without a message, in order; the same array if nothing
 * changes. They are at most the last `limits.unreadMax`.
 */
export function withMention(seqs: readonly Seq[], message: Seq, isMentioned: boolean): Seq[] {
  const rest = seqs.filter((seq) => seq !== message);
  if (!isMentioned) return rest.length === seqs.length ? (seqs as Seq[]) : rest;
  if (rest.length < seqs.length) return seqs as Seq[];
  return [...rest, message].sort((a, b) => a - b).slice(-LIMITS.unreadMax);
}
