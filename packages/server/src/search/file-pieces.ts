import { fold } from '@parley/protocol';
import { addTextKeys, keysOfTerm, type Term } from './keys.ts';

/**
 * Splits the texts of files into pieces. Concatenated, they are the text.
 *
 * A piece has the keys of all terms that begin in it: those of its own text and of what follows. It
 * may have more keys, because texts are compared with the terms later.
 */

/** The length of a piece in UTF-16 code units. Only the last one may be shorter. */
export const PIECE_MIN = 3_000;
const PIECE_MAX = 4_000;
/**
 * How much of a term is looked up, and how much of the following pieces is indexed with a piece, in
 * folded code units.
 */
const OVERLAP = 200;
/** Makes sure that no character of the overlap is split. */
const MARGIN = 50;
/** Keys looked up per term; texts are compared later. */
const KEYS_MAX = 24;

/** A piece of the text of a file, with the keys under which it is found. */
export interface Piece {
  readonly text: string;
  readonly keys: ReadonlySet<number>;
}

/** Cuts the text of a file into pieces. The first one is also found by the name of the file. */
export function piecesOf(text: string, name: string): Piece[] {
  const pieces: Piece[] = [];
  for (let from = 0; from < text.length; ) {
    const end = endOfPiece(text, from);
    const keys = new Set<number>();
    addTextKeys(keys, fold(text.slice(from, endOfOverlap(text, end))));
    if (from === 0) addTextKeys(keys, fold(name));
    pieces.push({ text: text.slice(from, end), keys });
    from = end;
  }
  return pieces;
}

/** Returns keys of the piece in which a term begins; at least one. */
export function pieceKeysOf({ text, atWordStart }: Term): number[] {
  // Do not split a surrogate pair.
  const beginning = text.slice(0, OVERLAP).replace(/[\ud800-\udbff]$/, '');
  return [...keysOfTerm({ text: beginning, atWordStart })].slice(0, KEYS_MAX);
}

/** Returns the end of the piece that begins at `from`: between words if possible, and not inside a character. */
function endOfPiece(text: string, from: number): number {
  const max = from + PIECE_MAX;
  if (max >= text.length) return text.length;
  const min = from + PIECE_MIN;
  const [before = ''] = /^[\s\S]*(?=\s)/.exec(text.slice(min, max)) ?? [];
  if (before !== '') return min + before.length;
  let end = max;
  while (end > min && !isBoundary(text, end)) end--;
  return end > min ? end : max;
}

const isBoundary = (text: string, at: number): boolean =>
  !/^[\p{M}\udc00-\udfff]/u.test(text.slice(at, at + 2));

/** Returns the end of a part of the text that begins at `from` and is as long as the overlap when it is folded. */
function endOfOverlap(text: string, from: number): number {
  for (let length = OVERLAP + MARGIN; ; length *= 2) {
    const part = text.slice(from, from + length);
    if (from + length >= text.length || fold(part).length >= OVERLAP + MARGIN) {
      return Math.min(text.length, from + length);
    }
  }
}
