import type { Mention } from '@parley/protocol';
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
  return plainExcerpt(text, characters, useEmojiOf(text), useNameOf(mentions));
}
