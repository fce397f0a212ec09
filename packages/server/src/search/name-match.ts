import { fold } from '@parley/protocol';

/** Matches typed text against the names of users and groups. */

/** A name, prepared for comparison. */
export interface PreparedName {
  /** The folded name, and for users their folded username. */
  readonly name: string;
  readonly username: string;
  readonly words: readonly string[];
  /** The letters of each word as a bit mask, which rules out most words. */
  readonly letters: readonly number[];
  /** The first letters of the words of the name. */
  readonly initials: string;
}

/** How well a name matches; within a rank, closeness decides. */
export const RANK = {
  exact: 7,
  start: 6,
  wordStart: 5,
  words: 4,
  part: 3,
  initials: 2,
  oneTypo: 1,
  twoTypos: 0,
} as const;
/** How well a name matches; higher is better. */
export type Rank = (typeof RANK)[keyof typeof RANK];

/** The minimum length of a text for one typo, and for two. */
const ONE_TYPO_MIN = 4;
const TWO_TYPOS_MIN = 8;
/** Longer words are not compared letter by letter. */
const WORD_MAX = 40;

/** Returns a name, and a username if there is one, prepared for comparison. */
export function prepareName(name: string, username = ''): PreparedName {
  const folded = fold(name).trim();
  const foldedUsername = fold(username);
  const ofName = wordsOf(folded);
  const words = [...new Set([...ofName, ...wordsOf(foldedUsername)])];
  const initials = ofName.map((word) => [...word][0]).join('');
  return { name: folded, username: foldedUsername, words, letters: words.map(lettersOf), initials };
}

const wordsOf = (folded: string): string[] => folded.split(/[\s._-]+/u).filter((w) => w !== '');

/** A text to look for, prepared for comparison. */
export interface PreparedQuery {
  readonly text: string;
  readonly words: readonly string[];
  /** Each letter, as a bit of {@link PreparedName.letters}. */
  readonly letters: readonly number[];
}

/** Returns a text to look for; a leading @ or # is left out. */
export function prepareQuery(text: string): PreparedQuery {
  const folded = fold(text).trim().replace(/^[@#]/u, '');
  return { text: folded, words: wordsOf(folded), letters: bitsOfEach(folded) };
}

/** Returns the rank of a name without typos; null if it does not match. */
export function rankOf({ text, words }: PreparedQuery, name: PreparedName): Rank | null {
  if (name.name === text || name.username === text) return RANK.exact;
  if (name.name.startsWith(text) || name.username.startsWith(text)) return RANK.start;
  if (name.words.some((word) => word.startsWith(text))) return RANK.wordStart;
  if (words.length > 1 && words.every((one) => name.words.some((word) => word.startsWith(one)))) {
    return RANK.words;
  }
  if (name.name.includes(text) || name.username.includes(text)) return RANK.part;
  return text.length > 1 && name.initials.startsWith(text) ? RANK.initials : null;
}

/** Returns the rank of a name with up to two typos: wrong, missing, extra or swapped letters. */
export function typoRankOf({ text, letters }: PreparedQuery, name: PreparedName): Rank | null {
  const max = text.length >= TWO_TYPOS_MIN ? 2 : text.length >= ONE_TYPO_MIN ? 1 : 0;
  if (max === 0 || text.length > WORD_MAX) return null;
  let best = max + 1;
  for (const [i, word] of name.words.entries()) {
    if (absent(letters, name.letters[i] as number, best) >= best) continue;
    best = Math.min(best, editDistance(text, word.slice(0, text.length + max), best - 1));
  }
  if (best > max) return null;
  return best <= 1 ? RANK.oneTypo : RANK.twoTypos;
}

/**
 * Returns the smallest edit distance between the text and a prefix of the word
 * (Damerau-Levenshtein, with swaps of adjacent letters). Returns more than `max` if it is larger.
 */
function editDistance(text: string, word: string, max: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: word.length + 1 }, (_, i) => i);
  for (let i = 1; i <= text.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= word.length; j++) {
      const same = text[i - 1] === word[j - 1] ? 0 : 1;
      let cost = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + same,
      );
      if (i > 1 && j > 1 && text[i - 1] === word[j - 2] && text[i - 2] === word[j - 1]) {
        cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
      }
      row[j] = cost;
      least = Math.min(least, cost);
    }
    if (least > max) return max + 1;
    beforeLast = last;
    last = row;
  }
  return Math.min(...last);
}

const bitsOfEach = (text: string): number[] =>
  Array.from({ length: text.length }, (_, i) => 1 << (text.charCodeAt(i) & 31));

const lettersOf = (text: string): number => bitsOfEach(text).reduce((bits, bit) => bits | bit, 0);

/** Returns how many letters are not in a word, each of which is a typo; counts up to `max`. */
function absent(letters: readonly number[], word: number, max: number): number {
  let count = 0;
  for (const letter of letters) if ((letter & word) === 0 && ++count >= max) break;
  return count;
}
