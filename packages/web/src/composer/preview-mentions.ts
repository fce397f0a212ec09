import type { ClientSnapshot } from '@parley/client';
import { type Mention, mentionSpans, withoutCode } from '@parley/protocol';
import { groupMention } from './completion/typed-name.ts';

/** What names are resolved with. */
type Known = Pick<ClientSnapshot, 'users' | 'conversations' | 'emoji'>;

/** Resolves the mentions of an unsent text with the names known on this device. The server decides at the post. */
export function previewMentions(text: string, known: Known): Mention[] {
  const mentions = new Map<string, Mention>();
  for (const { sign, name } of mentionSpans(withoutCode(text))) {
    const mention = mentionOf(sign, name, known);
    if (mention) mentions.set(sign + name, mention);
  }
  return [...mentions.values()];
}

function mentionOf(sign: '@' | '#' | ':', name: string, known: Known): Mention | null {
  const folded = name.toLowerCase();
  if (sign === '@') {
    if (folded === 'everyone' || folded === 'here') return { kind: folded };
    for (const { id, username } of known.users.values()) {
      if (username.toLowerCase() === folded) return { kind: 'user', name, id };
    }
  } else if (sign === '#') {
    for (const { id, kind, name: title } of known.conversations.values()) {
      if (kind !== 'group' || title === null) continue;
      if (groupMention(title)?.toLowerCase() === `#${folded}`) return { kind: 'group', name, id };
    }
  } else {
    for (const { id, name: own, aliases, image } of known.emoji.values()) {
      if (image !== null && (own === name || aliases.includes(name)))
        return { kind: 'emoji', name, id };
    }
  }
  return null;
}
