import { markersOf } from '@parley/protocol/markdown';
import { excerpt } from './display-text.ts';

/** Returns the start of the text of a message on one line, as {@link excerpt} does, without the markers of its Markdown. */
export function plainExcerpt(text: string, characters: number): string {
  // Cut first, so that the cost is bounded by what is shown.
  const start = text.slice(0, characters * 16);
  let plain = '';
  let at = 0;
  for (const { from, to } of markersOf(start)) {
    plain += start.slice(at, from);
    at = to;
  }
  return excerpt(`${plain}${text.slice(at)}`, characters);
}
