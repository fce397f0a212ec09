import type { ParleyClient } from '@parley/client';
import type { AccountId } from '@parley/protocol';
import { applyChange } from '../lib/field-text.ts';
import { completedEmoji } from './emoji-query.ts';
import { skinToneOf } from './skin-tone.ts';

/**
 * Returns whether the input may complete the name of an emoji; not while an input method is
 * composing.
 */
export const endsEmojiName = ({ data, isComposing }: InputEvent): boolean =>
  !isComposing && data?.endsWith(':') === true;

/**
 * Replaces a name that has just been completed in a field, `:tada:`, by its emoji. The name of a
 * custom emoji is kept, because the server resolves it. The change can be undone like any other.
 */
export async function completeEmoji(
  field: HTMLTextAreaElement,
  client: ParleyClient,
  account: AccountId,
): Promise<void> {
  const typed = completedEmoji(field.value, field.selectionStart);
  if (!typed) return;
  const { start, search: name } = typed;
  const [{ emojiNamed }] = await Promise.all([
    import('./emoji-search.ts'),
    client.emoji.load().catch(() => {}),
  ]);
  const isCustom = [...client.snapshot.emoji.values()].some(
    (one) => one.image !== null && (one.name === name || one.aliases.includes(name)),
  );
  const emoji = isCustom ? null : emojiNamed(name, skinToneOf(account));
  const to = start + name.length + 2;
  // Meanwhile the user may have continued typing, removed it, or left the field.
  if (emoji === null || field.value.slice(start, to) !== `:${name}:`) return;
  if (document.activeElement !== field) return;
  const moved = (position: number) =>
    position >= to ? position - (to - start) + emoji.length : Math.min(position, start);
  const select = [moved(field.selectionStart), moved(field.selectionEnd)] as const;
  applyChange(field, { from: start, to, text: emoji, select });
}
