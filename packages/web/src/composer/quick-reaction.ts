import { type ConversationView, type ParleyClient, permissionsOn } from '@parley/client';
import { type CustomEmoji, emojiReference } from '@parley/protocol';

/** Matches one emoji, with its modifiers and what it is joined to. */
const EMOJI =
  /^(?=.*[\p{Extended_Pictographic}\p{RI}])[\p{Extended_Pictographic}\p{Emoji_Component}]{1,16}$/u;

/**
 * Returns the emoji with which a text such as `+🎉` or `+:parrot:` reacts to the last message; null if it is a message.
 * By then, the name of a Unicode emoji has been replaced by the emoji.
 */
export function quickReactionOf(text: string, custom: Iterable<CustomEmoji>): string | null {
  const [, typed = ''] = /^\+(\S{1,40})$/u.exec(text.trim()) ?? [];
  if (EMOJI.test(typed)) return typed;
  const [, name] = /^:([^:\s]+):$/u.exec(typed) ?? [];
  if (name === undefined) return null;
  for (const { id, name: own, aliases, image } of custom) {
    if (image !== null && (own === name || aliases.includes(name))) return emojiReference(id);
  }
  return null;
}

/** Adds a reaction to the last message of a conversation. Returns whether there is one that the user may react to. */
export function reactToLast(client: ParleyClient, view: ConversationView, emoji: string): boolean {
  const { messages, hasNewer } = client.timeline(view.id).snapshot;
  // Far back in the history, the last message that is shown is not the one that is meant.
  if (hasNewer) return false;
  const last = messages.findLast(({ deletedAt }) => deletedAt === null);
  // One that is still being sent is meant, and has no seq yet.
  if (last?.state !== 'stored') return false;
  if (!permissionsOn(view, last, client.snapshot.me).includes('react')) return false;
  client.react(view.id, last.seq, emoji);
  return true;
}
