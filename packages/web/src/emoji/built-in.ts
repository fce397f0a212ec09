/// <reference types="vite/client" />
import data from './built-in.txt?raw';

// Loaded only when emoji are searched, chosen or completed: see emoji-search.ts and emoji-picker.tsx.

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

/** Returns the groups of a file that scripts/emoji-data.mjs has written. */
export function groupsOf(text: string): EmojiGroup[] {
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
export const EMOJI_GROUPS: readonly EmojiGroup[] = groupsOf(data);

const BY_NAME: ReadonlyMap<string, BuiltInEmoji> = new Map(
  EMOJI_GROUPS.flatMap(({ items }) => items)
    // If two emoji share a name, the one for which it is the primary name.
    .flatMap((item) => item.names.map((name, n) => [n, name, item] as const))
    .sort(([a], [b]) => b - a)
    .map(([, name, item]) => [name, item]),
);

/** Returns the Unicode emoji with this name; undefined if there is none. */
export const builtInNamed = (name: string): BuiltInEmoji | undefined => BY_NAME.get(name);
