import { type CustomEmoji, customEmojiOf, type EmojiId } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Returns the emoji of a reaction as text: a custom one as `:name:`. */
export function emojiLabel(emoji: string, custom: ReadonlyMap<EmojiId, CustomEmoji>): string {
  const id = customEmojiOf(emoji);
  if (id === null) return emoji;
  const known = custom.get(id);
  return known ? `:${known.name}:` : t('emoji.unknown');
}
