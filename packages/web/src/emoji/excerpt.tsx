import { plainExcerpt } from '../lib/plain-excerpt.ts';
import { useEmojiOf } from './shortcodes.ts';

/** Shows the start of the text of a message on one line, with emoji in place of shortcodes. */
export function Excerpt({ text, characters }: { text: string; characters: number }) {
  return plainExcerpt(text, characters, useEmojiOf(text));
}
