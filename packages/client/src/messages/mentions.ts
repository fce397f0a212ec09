import {
  type AccountId,
  type Event,
  type EventOf,
  isMentionOf,
  LIMITS,
  type Mention,
  type Seq,
} from '@parley/protocol';

/** Returns whether mentions include the account or everyone. */
export const mentionsInclude = (
  mentions: readonly Mention[] | undefined,
  account: AccountId,
): boolean => (mentions ?? []).some((m) => m.kind === 'everyone' || isMentionOf(m, account));

/** Events that change the content of an earlier message. */
export type TextEvent = EventOf<
  'message.edited' | 'message.deleted' | 'message.hidden' | 'message.unhidden'
>;

/** Returns whether an event changes the content of an earlier message. */
export const changesText = (event: Event): event is TextEvent =>
  event.type === 'message.edited' ||
  event.type === 'message.deleted' ||
  event.type === 'message.hidden' ||
  event.type === 'message.unhidden';

/** Returns the author of the message that an event changes: only authors edit. */
export const authorOfText = (event: TextEvent): AccountId =>
  event.type === 'message.edited' ? event.actor : event.data.author;

/** Returns what the message mentions after an event. */
export const mentionsOfText = (event: TextEvent): readonly Mention[] | undefined =>
  'mentions' in event.data ? event.data.mentions : undefined;

/** Returns whether the text of an event mentions a user, by name or by a user group. */
export function mentionsUser(event: Event, user: AccountId): boolean {
  if (event.type !== 'message.posted' && !changesText(event)) return false;
  const mentions = event.type === 'message.posted' ? event.data.mentions : mentionsOfText(event);
  return (mentions ?? []).some((m) => isMentionOf(m, user));
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
