import type { EmojiId } from './ids.ts';

// Without schemas: the web client loads this with its first page, and must not load Zod for it.

const REFERENCE = /^:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}):$/;

/** Returns the reference with which a reaction names a custom emoji, which stays the same when it is renamed. */
export const emojiReference = (id: EmojiId): string => `:${id}:`;

/** Returns the custom emoji that a reaction refers to; null if it is a Unicode emoji, or no emoji at all. */
export const customEmojiOf = (emoji: string): EmojiId | null =>
  (REFERENCE.exec(emoji)?.[1] as EmojiId | undefined) ?? null;
