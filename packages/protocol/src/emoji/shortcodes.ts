// Without schemas: the web client loads this with its first page, and must not load Zod for it.

/** Returns the Unicode emoji with a name, such as `tada`; undefined if there is none. */
export type EmojiOf = (name: string) => string | undefined;

/**
 * A name between colons, as users of Slack and GitHub write it. It follows no letter or digit, which would be a time or
 * a path. The length is bounded, so that every search takes linear time.
 */
const SHORTCODE = /(?<![\p{L}\p{M}\p{N}/]):([a-z0-9+-][a-z0-9_+-]{0,63}):/gu;

/** Returns whether a text may have shortcodes. */
export const mayHaveShortcodes = (text: string): boolean =>
  text.includes(':') && text.search(SHORTCODE) >= 0;

/** Returns a text without code with the emoji in place of their shortcodes. An unknown name stays. */
export const withEmoji = (text: string, emojiOf: EmojiOf): string =>
  text.includes(':')
    ? text.replace(SHORTCODE, (typed, name: string) => emojiOf(name) ?? typed)
    : text;
