import { type Folded, foldWithPlaces } from '../base/fold.ts';
import { markersOf } from './markers.ts';

/** The length of a text above which it is not parsed: a search compares hundreds of texts. */
const PARSED_MAX = 4_000;

/**
 * Returns the folded text of a message without the markers of its Markdown, with positions in the text as typed: the
 * phrase “big news” is in `**big** news` as it is displayed. Null if the text has no markers or more than 4,000 characters.
 */
export function foldWithoutMarkers(text: string): Folded | null {
  if (text.length > PARSED_MAX) return null;
  const markers = markersOf(text);
  if (markers.length === 0) return null;
  let plain = '';
  /** Where each part between two markers begins, in the plain text and as typed. */
  const parts: { readonly from: number; readonly typedFrom: number }[] = [];
  let at = 0;
  for (const { from, to } of [...markers, { from: text.length, to: text.length }]) {
    if (from > at) {
      parts.push({ from: plain.length, typedFrom: at });
      plain += text.slice(at, from);
    }
    at = Math.max(at, to);
  }
  const folded = foldWithPlaces(plain);
  const typedAt = (index: number): number => {
    const part = parts.findLast(({ from }) => from <= index);
    return part ? part.typedFrom + index - part.from : 0;
  };
  return {
    text: folded.text,
    originalRange: (start, end) => {
      const range = folded.originalRange(start, end);
      return { start: typedAt(range.start), end: typedAt(Math.max(0, range.end - 1)) + 1 };
    },
  };
}
