import type { Block } from '@parley/protocol/markdown';

/** More emoji than this are shown in the size of other text. */
const MOST = 10;

/** Longer texts are not checked: an emoji has at most 32 UTF-16 code units. */
const LONGEST = MOST * 32;

/** One emoji of Unicode that is shown in color: a flag, a key, a tag sequence, or emoji joined to one. */
const PART =
  '(?:\\p{Emoji_Presentation}|\\p{Emoji}\\ufe0f|\\p{Emoji_Modifier_Base}(?=\\p{Emoji_Modifier}))';
const SEQUENCE = `${PART}\\p{Emoji_Modifier}?[\\u{e0020}-\\u{e007f}]*`;
const JOINED = '(?:\\p{Extended_Pictographic}\\ufe0f?\\p{Emoji_Modifier}?)';
const EMOJI = new RegExp(`\\p{RI}{2}|[0-9#*]\\ufe0f\\u20e3|${SEQUENCE}(?:\\u200d${JOINED})*`, 'gu');

/** Returns whether a message consists of a few emoji, Unicode or custom ones, which are then shown large. */
export function isOnlyEmoji(blocks: readonly Block[]): boolean {
  const [block, second] = blocks;
  if (block?.kind !== 'paragraph' || second) return false;
  let count = 0;
  for (const part of block.children) {
    if (part.kind === 'mention' && part.mention.kind === 'emoji') {
      count++;
    } else if (part.kind === 'text') {
      // Most texts have letters, and the pattern of emoji is expensive.
      if (part.text.length > LONGEST || /[a-z]/i.test(part.text)) return false;
      const rest = part.text.replace(EMOJI, () => {
        count++;
        return '';
      });
      if (rest.trim() !== '') return false;
    } else return false;
  }
  return count > 0 && count <= MOST;
}
