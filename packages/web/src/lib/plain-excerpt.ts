import type { NameOf } from '@parley/protocol';
import { type EmojiOf, withoutMarkers } from '@parley/protocol/markdown';
import { excerpt } from './display-text.ts';

/**
 * Returns the start of the text of a message on one line, as {@link excerpt} does, without the markers of
 * its Markdown; with `emojiOf` and `nameOf` as {@link withoutMarkers}.
 */
export function plainExcerpt(
  text: string,
  characters: number,
  emojiOf?: EmojiOf,
  nameOf?: NameOf,
): string {
  // Cut first, so that the cost is bounded by what is shown.
  const cut = characters * 16;
  return excerpt(
    `${withoutMarkers(text.slice(0, cut), emojiOf, nameOf).trim()}${text.slice(cut)}`,
    characters,
  );
}
