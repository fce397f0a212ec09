import { useMemo } from 'react';
import { useEmojiOf } from '../emoji/shortcodes.ts';
import { plainExcerpt } from '../lib/plain-excerpt.ts';
import { useClient } from '../session/use-client.ts';

const LENGTH = 120;

/**
 * Returns the start of the last message of a conversation, for the tooltip of its row. The last message has no list of
 * its mentions: a username of someone who is known here is shown as their name.
 */
export function useHint(text: string): string {
  const client = useClient();
  const emojiOf = useEmojiOf(text);
  return useMemo(() => {
    if (text === '') return '';
    const nameOf = (sign: string, username: string) => {
      if (sign !== '@') return undefined;
      for (const user of client.snapshot.users.values()) {
        if (user.username === username) return `@${user.displayName}`;
      }
      return undefined;
    };
    return plainExcerpt(text, LENGTH, emojiOf, nameOf);
  }, [client, text, emojiOf]);
}
