/** Returns a text without case and accents, for comparison. */
export const fold = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** The score of each kind of match; the beginning of the whole text is best. */
const START = 100;
const WORD = 80;
const INSIDE = 60;
const INITIALS = 50;
const SCATTERED = 20;

/**
 * Returns the score of a query for a text, both folded; 0: no match. Letters may be left out, as in
 * `dsgn` for “design”, and words may be named in any order.
 */
export function scoreOf(query: string, text: string): number {
  if (query === '') return 1;
  const words = query.split(/\s+/).filter((word) => word !== '');
  let score = Number.POSITIVE_INFINITY;
  for (const word of words) score = Math.min(score, scoreOfWord(word, text));
  if (text.startsWith(query)) score = Math.max(score, START);
  // Among equals, the one of which more was typed.
  return score === 0 ? 0 : score + Math.min(query.length / Math.max(text.length, 1), 1) * 10;
}

function scoreOfWord(word: string, text: string): number {
  const at = text.indexOf(word);
  if (at === 0) return START;
  if (at > 0) return isWordStart(text, at) || text.includes(` ${word}`) ? WORD : INSIDE;
  const initials = text
    .split(/[\s._-]+/)
    .map((part) => part[0] ?? '')
    .join('');
  if (word.length > 1 && initials.startsWith(word)) return INITIALS;
  // The letters in their order, with others between them.
  let first = 0;
  let from = 0;
  let gaps = 0;
  for (const letter of word) {
    const next = text.indexOf(letter, from);
    if (next === -1) return 0;
    if (from === 0) {
      if (!isWordStart(text, next)) return 0;
      first = next;
    } else if (next > from) gaps++;
    from = next + 1;
  }
  // Letters far apart are not an abbreviation.
  if (from - first > word.length * 2) return 0;
  const score = SCATTERED - gaps * 4;
  return word.length > 1 && score > 0 ? score : 0;
}

const isWordStart = (text: string, at: number): boolean => /[\s._-]/.test(text[at - 1] ?? ' ');
