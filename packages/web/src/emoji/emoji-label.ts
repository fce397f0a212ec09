import { type CustomEmoji, customEmojiOf, type EmojiId } from '@parley/protocol';
import { t } from '../texts/index.ts';

/** Returns the emoji of a reaction as text: a custom one as `:name:`. */
export function emojiLabel(emoji: string, custom: ReadonlyMap<EmojiId, CustomEmoji>): string {
  const id = customEmojiOf(emoji);
  if (id === null) return emoji;
  const customEmoji = custom.get(id);
  return customEmoji ? `:${customEmoji.name}:` : t('emoji.unknown');
}
