import { fold } from '../base/fold.ts';

/**
 * Finds keywords in messages, folded like a search: case, accents and compatibility forms do not
 * matter. Keywords match whole words, except in scripts without spaces.
 */

const WORD = /[\p{L}\p{N}\p{M}_]/u;
const SPACELESS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
/** A character of a script without spaces, a word, or one other character that is no white space. */
const PARTS = new RegExp(
  `${SPACELESS.source}|(?:(?!${SPACELESS.source})[\\p{L}\\p{N}\\p{M}_])+|\\S`,
  'gu',
);

/**
 * Returns the first part of a keyword: every text with the keyword has it among its {@link
 * textAnchors}.
 */
export const keywordAnchor = (keyword: string): string =>
  fold(keyword).trim().match(PARTS)?.[0] ?? '';

/** Returns the parts of a text that keywords can begin with. */
export const textAnchors = (text: string): Set<string> => new Set(fold(text).match(PARTS) ?? []);

/** Returns the first of the keywords that a text contains; null: none. */
export function findKeyword(text: string, keywords: readonly string[]): string | null {
  if (keywords.length === 0) return null;
  const folded = fold(text);
  return keywords.find((keyword) => contains(folded, fold(keyword).trim())) ?? null;
}

function contains(text: string, keyword: string): boolean {
  if (keyword === '') return false;
  for (let at = text.indexOf(keyword); at !== -1; at = text.indexOf(keyword, at + 1)) {
    if (isBoundary(text, at) && isBoundary(text, at + keyword.length)) return true;
  }
  return false;
}

/** Returns whether a position is a word boundary. */
function isBoundary(text: string, at: number): boolean {
  const before = lastCharacter(text.slice(Math.max(0, at - 2), at));
  const after = String.fromCodePoint(text.codePointAt(at) ?? 0x20);
  if (!WORD.test(before) || !WORD.test(after)) return true;
  return SPACELESS.test(before) || SPACELESS.test(after);
}

/** Returns the last code point of a text; a space if there is none. */
const lastCharacter = (text: string): string => [...text].at(-1) ?? ' ';
