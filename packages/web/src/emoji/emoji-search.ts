import { type CustomEmoji, emojiReference, type ImageId } from '@parley/protocol';
import { type BuiltInEmoji, builtInNamed, EMOJI_GROUPS } from '@parley/protocol/emoji';
import { type SkinTone, withSkinTone } from './skin-tone.ts';

/** An emoji that can be chosen. */
export interface EmojiOption {
  /** The emoji of a reaction: itself, in a skin tone, or the reference of a custom one. */
  readonly emoji: string;
  /**
   * The text inserted into a message: the emoji itself, or the name of a custom one between colons.
   */
  readonly text: string;
  readonly names: readonly string[];
  /** Set for custom emoji. */
  readonly image: ImageId | null;
}

/** Returns a Unicode emoji in a skin tone as an option. */
export function builtInOption(item: BuiltInEmoji, tone: SkinTone): EmojiOption {
  const emoji = item.hasSkinTones ? withSkinTone(item.emoji, tone) : item.emoji;
  return { emoji, text: emoji, names: item.names, image: null };
}

/** Returns a custom emoji as an option; null if it was deleted. */
export function customOption({ id, name, aliases, image }: CustomEmoji): EmojiOption | null {
  if (image === null) return null;
  return { emoji: emojiReference(id), text: `:${name}:`, names: [name, ...aliases], image };
}

/** The emoji that are used most worldwide (Unicode Consortium, “The most frequently used emoji”), and some of work. */
const POPULAR =
  '😂 ❤️ 🤣 👍 😭 🙏 😘 🥰 😍 😊 🎉 😁 💕 🥺 😅 🔥 ☺️ 🤦 ♥️ 🤷 🙄 😆 🤗 😉 🎂 🤔 👏 🙂 😳 🥳 😎 👌 💜 😔 💪 ✨ 💖 👀 😋 😏 😢 👉 💗 😩 💯 🌹 🎈 💙 😃 😡 💐 😜 🙈 🤞 😄 🙌 🤪 😀 💀 👇 💔 😌 🤩 🙃 😬 😱 😴 ✅ 🚀 👋';
const POPULARITY: ReadonlyMap<string, number> = new Map(
  POPULAR.split(' ').map((emoji, n) => [emoji, n]),
);

/** The rank of a name or word for a search, lower is better; null: no match. */
function rankOf(names: readonly string[], words: readonly string[], search: string): number | null {
  if (names.includes(search)) return 0;
  if (names.some((name) => name.startsWith(search))) return 1;
  if (names.some((name) => name.split(/[_-]/).some((part) => part.startsWith(search)))) return 2;
  if (words.some((word) => word.startsWith(search))) return 3;
  return names.some((name) => name.includes(search)) ? 4 : null;
}

/**
 * Returns a Unicode emoji with a name first that begins with the search, if one does: it explains why it was found.
 * A custom emoji keeps the name that is inserted.
 */
function namedAs(search: string, option: EmojiOption): EmojiOption {
  if (option.image !== null) return option;
  const found = option.names.find((name) => name.startsWith(search));
  if (found === undefined || option.names[0]?.startsWith(search)) return option;
  return { ...option, names: [found, ...option.names.filter((name) => name !== found)] };
}

/** The input of {@link searchEmoji}. */
export interface EmojiSearch {
  readonly custom: Iterable<CustomEmoji>;
  readonly tone: SkinTone;
  /** The maximum number of results. */
  readonly limit: number;
}

/**
 * Returns the emoji that match a search, the best first; among equals, custom ones, then the most
 * used. All words must match.
 */
export function searchEmoji(text: string, { custom, tone, limit }: EmojiSearch): EmojiOption[] {
  const parts = text.toLowerCase().replaceAll(':', ' ').trim().split(/\s+/);
  const matches: { rank: number; popularity: number; option: () => EmojiOption }[] = [];
  const consider = (
    names: readonly string[],
    words: readonly string[],
    popularity: number,
    option: () => EmojiOption,
  ) => {
    const whole = rankOf(names, words, parts.join('_'));
    const ranks = whole === null ? parts.map((part) => rankOf(names, words, part)) : [whole];
    if (ranks.some((rank) => rank === null)) return;
    matches.push({ rank: Math.max(...ranks.map((rank) => rank ?? 0)), popularity, option });
  };
  if (parts[0] === '') return [];
  for (const each of custom) {
    const option = customOption(each);
    if (option) consider(option.names, [], -1, () => option);
  }
  for (const { items } of EMOJI_GROUPS) {
    for (const item of items) {
      const popularity = POPULARITY.get(item.emoji) ?? POPULARITY.size;
      consider(item.names, item.words, popularity, () => builtInOption(item, tone));
    }
  }
  return matches
    .sort((a, b) => a.rank - b.rank || a.popularity - b.popularity)
    .slice(0, limit)
    .map(({ option }) => namedAs(parts.join('_'), option()));
}

/** Returns the Unicode emoji that `:name:` stands for in a skin tone; null if there is none. */
export function emojiNamed(name: string, tone: SkinTone): string | null {
  const item = builtInNamed(name);
  return item ? builtInOption(item, tone).text : null;
}
