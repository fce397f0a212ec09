import { type EmojiOf, mayHaveShortcodes } from '@parley/protocol/markdown';
import { useEffect } from 'react';
import { SharedValue } from '../lib/shared-value.ts';

/**
 * What shortcodes such as `:tada:` stand for in messages that were pasted, or posted over the API. The names of emoji are
 * loaded with the first message that may have one.
 */

const loaded = new SharedValue<EmojiOf | undefined>(undefined);
let loading: Promise<void> | undefined;

const load = (): Promise<void> => {
  loading ??= import('@parley/protocol/emoji').then(
    ({ unicodeEmoji }) => {
      loaded.set(unicodeEmoji);
    },
    () => {
      // Until the next text, names are shown as they were typed.
      loading = undefined;
    },
  );
  return loading;
};

/** Returns the emoji for the shortcodes of a text; undefined until they are loaded, or if it has none. */
export function useEmojiOf(text: string): EmojiOf | undefined {
  const emojiOf = loaded.use();
  const isWanted = mayHaveShortcodes(text);
  const isMissing = isWanted && emojiOf === undefined;
  useEffect(() => {
    if (isMissing) void load();
  }, [isMissing]);
  return isWanted ? emojiOf : undefined;
}

/** Returns the emoji for the shortcodes of a text, once they are loaded; undefined if it has none. */
export async function emojiOfText(text: string): Promise<EmojiOf | undefined> {
  if (mayHaveShortcodes(text)) await load();
  return loaded.get();
}
