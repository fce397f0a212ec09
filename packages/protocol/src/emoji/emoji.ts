import { EMOJI_LIST } from './list.ts';
import type { EmojiOf } from './shortcodes.ts';

/** The Unicode emoji with their names. The web client loads them only when they are needed. */

/** A Unicode emoji. */
export interface BuiltInEmoji {
  readonly emoji: string;
  /** Its names between colons, the most common one first. */
  readonly names: readonly string[];
  /** Additional search words. */
  readonly words: readonly string[];
  readonly hasSkinTones: boolean;
}

/** A group of Unicode emoji, in the order of Unicode. */
export interface EmojiGroup {
  /** `smileys`, `people` … */
  readonly name: string;
  readonly items: readonly BuiltInEmoji[];
}

/** Returns the groups of a list that scripts/emoji-data.mjs has written. */
function groupsOf(text: string): EmojiGroup[] {
  const groups: { name: string; items: BuiltInEmoji[] }[] = [];
  for (const line of text.split('\n')) {
    if (line === '') continue;
    if (line.startsWith('# ')) {
      groups.push({ name: line.slice(2), items: [] });
      continue;
    }
    const [emoji = '', names = '', words = '', tones] = line.split('\t');
    groups.at(-1)?.items.push({
      emoji,
      names: names.split(' '),
      words: words.split(' ').filter((word) => word !== ''),
      hasSkinTones: tones === '+',
    });
  }
  return groups;
}

/** All Unicode emoji, in the groups of Unicode. */
export const EMOJI_GROUPS: readonly EmojiGroup[] = groupsOf(EMOJI_LIST);

const BY_NAME: ReadonlyMap<string, BuiltInEmoji> = new Map(
  EMOJI_GROUPS.flatMap(({ items }) => items)
    // If two emoji share a name, the one for which it is the primary name.
    .flatMap((item) => item.names.map((name, n) => [n, name, item] as const))
    .sort(([a], [b]) => b - a)
    .map(([, name, item]) => [name, item]),
);

/** Returns the Unicode emoji with this name; undefined if there is none. */
export const builtInNamed = (name: string): BuiltInEmoji | undefined => BY_NAME.get(name);

/** The modifiers of Slack, which follow an emoji: `:wave::skin-tone-3:`. */
const SKIN_TONES: Readonly<Record<string, string>> = {
  'skin-tone-2': '\u{1f3fb}',
  'skin-tone-3': '\u{1f3fc}',
  'skin-tone-4': '\u{1f3fd}',
  'skin-tone-5': '\u{1f3fe}',
  'skin-tone-6': '\u{1f3ff}',
};

/** Returns what a shortcode stands for. */
export const unicodeEmoji: EmojiOf = (name) =>
  builtInNamed(name)?.emoji ?? (Object.hasOwn(SKIN_TONES, name) ? SKIN_TONES[name] : undefined);
