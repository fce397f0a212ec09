import type { FoundMessage } from '@parley/protocol';
import { type Folded, fold, foldWithPlaces } from '@parley/protocol';
import { foldWithoutMarkers } from '@parley/protocol/markdown';
import { isWordEnd, isWordStart, type Term } from './keys.ts';

/** Compares messages with the terms of a search. */

/** The highest number of marked ranges. */
const RANGES_MAX = 50;
/** A body up to this length is shown whole, in UTF-16 code units. */
const WHOLE_MAX = 320;
/** The length of the snippet of a longer body, and how much of it precedes the first range. */
const SNIPPET = 240;
const LEAD = 80;

/** Returns the first index, from `from` on, of a term in a folded text; -1 if there is none. */
export function indexOfTerm(folded: string, { text, atWordStart }: Term, from = 0): number {
  let at = folded.indexOf(text, from);
  while (at !== -1 && atWordStart && !isWordStart(folded, at)) at = folded.indexOf(text, at + 1);
  return at;
}

/** Whether a term is a phrase of several words, between which a text may have markers of Markdown. */
const isPhrase = ({ text }: Term): boolean => text.includes(' ');

/**
 * Returns whether a body has all terms and none of the excluded ones. A phrase may also be in the body as it is displayed:
 * “big news” in `**big** news`.
 */
export function isMatch(body: string, terms: readonly Term[], excluded: readonly Term[]): boolean {
  if (terms.length === 0 && excluded.length === 0) return true;
  const folded = fold(body);
  let plain: Folded | null | undefined;
  const has = (term: Term): boolean => {
    if (indexOfTerm(folded, term) !== -1) return true;
    if (!isPhrase(term)) return false;
    // Parsing is expensive: once, and only for phrases that are not there as typed.
    if (plain === undefined) plain = foldWithoutMarkers(body);
    return plain !== null && indexOfTerm(plain.text, term) !== -1;
  };
  return terms.every(has) && !excluded.some(has);
}

/**
 * Returns the score of a body: higher for whole words than for beginnings and parts of words, for
 * adjacent terms in order, and for recent messages. `now` is the time of the search, ms.
 */
export function scoreOf(body: string, terms: readonly Term[], at: number, now: number): number {
  const folded = fold(body);
  let score = 0;
  let next = 0;
  for (const term of terms) {
    score += bestPlace(folded, term);
    const after = indexOfTerm(folded, term, next);
    // Right after the previous term.
    if (next > 0 && after !== -1 && after - next <= 1) score += 3;
    if (after !== -1) next = after + term.text.length;
  }
  const days = Math.max(0, now - at) / 86_400_000;
  return score / Math.max(1, terms.length) - Math.log2(1 + days / 7);
}

/** Returns 6 if a term is a whole word in the text, 3 if it begins one, 1 if it is part of one. */
function bestPlace(folded: string, term: Term): number {
  let best = 0;
  let at = indexOfTerm(folded, term);
  for (let n = 0; at !== -1 && n < RANGES_MAX && best < 6; n++) {
    const starts = isWordStart(folded, at);
    const ends = isWordEnd(folded, at + term.text.length);
    best = Math.max(best, starts && ends ? 6 : starts ? 3 : 1);
    at = indexOfTerm(folded, term, at + 1);
  }
  return best;
}

/** Returns the part of a body to show, with the ranges of the terms in it. */
export function snippetOf(body: string, terms: readonly Term[]): FoundMessage['snippet'] {
  const ranges = rangesOf(body, terms);
  if (body.length <= WHOLE_MAX) {
    return { text: body, ranges, isCutBefore: false, isCutAfter: false };
  }
  const first = ranges[0]?.start ?? 0;
  const start = wholeCharacter(body, first <= LEAD ? 0 : wordFrom(body, first - LEAD, first));
  const end = wholeCharacter(body, Math.min(body.length, start + SNIPPET));
  const shown = ranges
    .filter((range) => range.start < end)
    .map((range) => ({ start: range.start - start, end: Math.min(range.end, end) - start }));
  return {
    text: body.slice(start, end),
    ranges: shown,
    isCutBefore: start > 0,
    isCutAfter: end < body.length,
  };
}

interface Range {
  start: number;
  end: number;
}

/** Returns where the terms are in a body: in order, without overlaps. */
function rangesOf(body: string, terms: readonly Term[]): Range[] {
  const folded = foldWithPlaces(body);
  const found: Range[] = [];
  for (const term of terms) {
    const ranges = rangesOfTerm(folded, term);
    const plain = ranges.length === 0 && isPhrase(term) ? foldWithoutMarkers(body) : null;
    found.push(...(plain ? rangesOfTerm(plain, term) : ranges));
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const merged: Range[] = [];
  for (const range of found) {
    const last = merged[merged.length - 1];
    if (last && range.start < last.end) last.end = Math.max(last.end, range.end);
    else merged.push(range);
  }
  return merged.slice(0, RANGES_MAX);
}

function rangesOfTerm(folded: Folded, term: Term): Range[] {
  const found: Range[] = [];
  let at = indexOfTerm(folded.text, term);
  while (at !== -1 && found.length < RANGES_MAX) {
    const end = at + term.text.length;
    found.push(folded.originalRange(at, end));
    at = indexOfTerm(folded.text, term, end);
  }
  return found;
}

/** Returns where the next word begins between two positions. */
function wordFrom(body: string, from: number, before: number): number {
  const space = body.slice(from, before).search(/\s\S/u);
  return space === -1 ? from : from + space + 1;
}

/** Returns a position that does not split a surrogate pair. */
function wholeCharacter(body: string, at: number): number {
  const unit = body.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
