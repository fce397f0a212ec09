import { emojiQuery } from '../../emoji/emoji-query.ts';
import { isInCode } from '../../lib/code-fences.ts';
import type { FieldChange } from '../../lib/field-text.ts';

/** The sign before a name: of a user or user group, a group, an emoji, a slash command. */
export type NameSign = '@' | '#' | ':' | '/';

/** The name that is being typed: the text between the sign at `start` and the caret. */
export interface TypedName {
  readonly sign: NameSign;
  readonly start: number;
  readonly search: string;
}

/** A sign at the start of a word, and the part of a name up to the caret. */
const TYPED = /(?:^|[^\p{L}\p{M}\p{N}_@#/&=.-])([@#])([\p{L}\p{M}\p{N}._-]{0,80})$/u;
/** The longest text that {@link TYPED} matches, in UTF-16 code units. */
const LOOK_BACK = 164;
/** A slash command is the first word of a message. */
const COMMAND = /^\/([a-z]{0,20})$/i;

/** Returns the name that is being typed before the caret, or null. Names in code are not completed. */
export function typedName(text: string, caret: number): TypedName | null {
  const command = COMMAND.exec(text.slice(0, Math.min(caret, 22)));
  if (command && caret <= 21) return { sign: '/', start: 0, search: command[1] ?? '' };
  const match = TYPED.exec(text.slice(Math.max(0, caret - LOOK_BACK), caret));
  if (match) {
    const [, sign, search = ''] = match;
    if (isInCode(text, caret)) return null;
    return { sign: sign as '@' | '#', start: caret - search.length - 1, search };
  }
  const emoji = emojiQuery(text, caret);
  return emoji && { sign: ':', ...emoji };
}

/** Returns the change that replaces a typed name with the chosen one, followed by one space. */
export function completionChange(
  text: string,
  { start, search }: TypedName,
  chosen: string,
): FieldChange {
  const to = start + 1 + search.length;
  const gap = text[to] === ' ' ? '' : ' ';
  const caret = start + chosen.length + 1;
  return { from: start, to, text: chosen + gap, select: [caret, caret] };
}

/** Matches what the server parses as a group name after `#`: a space is written as a hyphen. */
const GROUP_NAME = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,78}(?<![._-])$/u;

/** Returns the name by which a group is mentioned; null if its name can’t be written so. */
export function groupMention(name: string): string | null {
  const written = name.replaceAll(' ', '-');
  return GROUP_NAME.test(written) ? `#${written}` : null;
}
