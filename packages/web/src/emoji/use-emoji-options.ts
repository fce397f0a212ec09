import { useEffect, useState } from 'react';
import { useAccountId, useClient } from '../session/use-client.ts';
import type { EmojiQuery } from './emoji-query.ts';
import type { EmojiOption } from './emoji-search.ts';
import { skinToneOf } from './skin-tone.ts';

/** How many emoji are suggested. */
const SUGGESTED = 8;
const NONE: readonly EmojiOption[] = [];

/** Returns the emoji to suggest for the typed text; the previous ones until the search is done. */
export function useEmojiOptions(query: EmojiQuery | null): readonly EmojiOption[] {
  const client = useClient();
  const account = useAccountId();
  const [found, setFound] = useState(NONE);
  const search = query?.search;
  useEffect(() => {
    if (search === undefined) {
      setFound(NONE);
      return;
    }
    let isCurrent = true;
    const find = async () => {
      // Without custom emoji if they can’t be loaded.
      const [{ searchEmoji }] = await Promise.all([
        import('./emoji-search.ts'),
        client.emoji.load().catch(() => {}),
      ]);
      if (!isCurrent) return;
      const custom = client.snapshot.emoji.values();
      setFound(searchEmoji(search, { custom, tone: skinToneOf(account), limit: SUGGESTED }));
    };
    // The part could not be loaded: names can be typed without suggestions.
    find().catch(() => isCurrent && setFound(NONE));
    return () => {
      isCurrent = false;
    };
  }, [client, account, search]);
  return search === undefined ? NONE : found;
}
