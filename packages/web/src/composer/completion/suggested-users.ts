import {
  type ConversationId,
  type MentionSuggestion,
  mentionSpans,
  withoutCode,
} from '@parley/protocol';

/** How many suggestions are remembered: more than are seen while writing a message. */
const SUGGESTIONS_MAX = 500;

/** The mentions of all members. */
const FOR_ALL: ReadonlySet<string> = new Set(['everyone', 'here']);
/** How many unknown names of a message are looked up. */
const LOOKUPS_MAX = 5;

/**
 * The users that were suggested while a message was being written, by conversation and username. A mention
 * is nearly always suggested before it is complete, so this mostly says who is mentioned without being a member.
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

/**
 * Returns the names that a text mentions and that were not suggested, because they were typed fast or pasted.
 */
export function unknownMentions(conversation: ConversationId, text: string): string[] {
  const names = mentionSpans(withoutCode(text)).flatMap(({ sign, name }) =>
    sign === '@' && !FOR_ALL.has(name.toLowerCase()) && !suggestions.has(keyOf(conversation, name))
      ? [name]
      : [],
  );
  return [...new Set(names)].slice(0, LOOKUPS_MAX);
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
