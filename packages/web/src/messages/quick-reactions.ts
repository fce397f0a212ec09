import { type AccountId, type CustomEmoji, customEmojiOf, type EmojiId } from '@parley/protocol';
import { useMemo } from 'react';
import { recentEmoji } from '../emoji/recent-emoji.ts';
import { useAccountId, useParley } from '../session/use-client.ts';

/** What is offered until the user has chosen other emoji. */
const DEFAULTS = ['👍', '❤️', '😂', '🎉', '🙏', '👀'];

/**
 * Returns the emoji that are offered to react with one click: those that the user has chosen last, then the most used
 * ones. Custom emoji that were deleted are left out.
 */
export function quickReactions(
  account: AccountId,
  custom: ReadonlyMap<EmojiId, CustomEmoji>,
  count: number,
): string[] {
  const exists = (emoji: string) => {
    const id = customEmojiOf(emoji);
    return id === null || (custom.get(id)?.image ?? null) !== null;
  };
  return [...new Set([...recentEmoji(account).filter(exists), ...DEFAULTS])].slice(0, count);
}

/** Returns {@link quickReactions}. They stay in their places while they are shown. */
export function useQuickReactions(count: number): readonly string[] {
  const account = useAccountId();
  const custom = useParley((s) => s.emoji);
  return useMemo(() => quickReactions(account, custom, count), [account, custom, count]);
}
