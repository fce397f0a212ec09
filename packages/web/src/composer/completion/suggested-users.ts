import {
  type ConversationId,
  type MentionSuggestion,
  mentionSpans,
  withoutCode,
} from '@parley/protocol';

/** How many suggestions are remembered: more than are seen while writing a message. */
const SUGGESTIONS_MAX = 500;

/**
 * The users that were suggested while a message was being written, by conversation and username. A mention
 * is nearly always suggested before it is complete, so this says who is mentioned without being a member.
 */
const suggestions = new Map<string, MentionSuggestion>();

const keyOf = (conversation: ConversationId, username: string): string =>
  `${conversation} ${username.toLowerCase()}`;

/** Remembers users that were suggested in a conversation. */
export function rememberSuggested(
  conversation: ConversationId,
  users: readonly MentionSuggestion[],
): void {
  for (const user of users) {
    const key = keyOf(conversation, user.username);
    suggestions.delete(key);
    suggestions.set(key, user);
  }
  for (const oldest of suggestions.keys()) {
    if (suggestions.size <= SUGGESTIONS_MAX) break;
    suggestions.delete(oldest);
  }
}

/** Returns the users that a text mentions without being members of the conversation, as far as is known. */
export function mentionedNonMembers(
  conversation: ConversationId,
  text: string,
): MentionSuggestion[] {
  const found = new Set<MentionSuggestion>();
  for (const { sign, name } of mentionSpans(withoutCode(text))) {
    const user = sign === '@' ? suggestions.get(keyOf(conversation, name)) : undefined;
    if (user && !user.isMember) found.add(user);
  }
  return [...found];
}
