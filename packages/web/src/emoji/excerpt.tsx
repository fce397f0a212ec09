import type { Mention } from '@parley/protocol';
import { useMemo } from 'react';
import { plainExcerpt } from '../lib/plain-excerpt.ts';
import { useNameOf } from '../users/mention-names.ts';
import { useEmojiOf } from './shortcodes.ts';

/**
 * Shows the start of the text of a message on one line, with emoji in place of shortcodes and the current
 * names in place of its mentions.
 */
export function Excerpt({
  text,
  mentions,
  characters,
}: {
  text: string;
  /** Left out: of an unsent text. */
  mentions?: readonly Mention[] | undefined;
  characters: number;
}) {
  return useExcerpt(text, characters, mentions);
}

/** Returns what {@link Excerpt} shows, for names and announcements. */
export function useExcerpt(
  text: string,
  characters: number,
  mentions?: readonly Mention[],
): string {
  const emojiOf = useEmojiOf(text);
  const nameOf = useNameOf(mentions);
  return useMemo(
    () => plainExcerpt(text, characters, emojiOf, nameOf),
    [text, characters, emojiOf, nameOf],
  );
}
