import { EMOJI_NAME } from '@parley/protocol';
import { isInCode } from '../lib/code-fences.ts';

/** A partially typed emoji name: the text between the colon at `start` and the caret. */
export interface EmojiQuery {
  readonly start: number;
  readonly search: string;
}

/** Characters not allowed before the colon: it would be part of a time or a path. */
const BEFORE = '(?<![\\p{L}\\p{M}\\p{N}/:])';
const TYPED = new RegExp(`${BEFORE}:([a-z0-9+-][a-z0-9_+-]{1,31})$`, 'iu');
const COMPLETE = new RegExp(`(?<![\\p{L}\\p{M}\\p{N}/]):(${EMOJI_NAME}):$`, 'u');
/** The longest text that both match. */
const LOOK_BACK = 40;

/** Returns the emoji that is being typed before the caret, of two characters or more; null if there is none. */
export function emojiQuery(text: string, caret: number): EmojiQuery | null {
  const search = TYPED.exec(text.slice(Math.max(0, caret - LOOK_BACK), caret))?.[1];
  if (search === undefined || isInCode(text, caret)) return null;
  return { start: caret - search.length - 1, search };
}

/** Returns the emoji whose name has just been completed by its second colon; null if there is none. */
export function completedEmoji(text: string, caret: number): EmojiQuery | null {
  const name = COMPLETE.exec(text.slice(Math.max(0, caret - LOOK_BACK), caret))?.[1];
  if (name === undefined || isInCode(text, caret)) return null;
  return { start: caret - name.length - 2, search: name };
}
