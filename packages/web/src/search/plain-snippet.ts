import type { FoundMessage } from '@parley/protocol';
import { markersOf } from '@parley/protocol/markdown';

type Snippet = FoundMessage['snippet'];

/**
 * Returns the excerpt of a message without Markdown syntax, with its ranges adjusted. Syntax that
 * contains a match, such as the URL of a link, is kept. The whole text decides what is syntax,
 * because the excerpt may start in the middle of bold text.
 */
export function plainSnippet(body: string, snippet: Snippet): Snippet {
  const at = body.indexOf(snippet.text);
  const [source, offset] = at < 0 ? [snippet.text, 0] : [body, at];
  const end = snippet.text.length;
  let text = '';
  let done = 0;
  /** How much was left out before each position, as pairs of position and sum. */
  const cuts: [number, number][] = [];
  let sum = 0;
  for (const marker of markersOf(source)) {
    const from = Math.max(marker.from - offset, done);
    const to = Math.min(marker.to - offset, end);
    if (to <= from || snippet.ranges.some((range) => range.start < to && range.end > from))
      continue;
    text += snippet.text.slice(done, from);
    done = to;
    sum += to - from;
    cuts.push([to, sum]);
  }
  text += snippet.text.slice(done);
  const moved = (position: number) =>
    position - (cuts.findLast(([cut]) => cut <= position)?.[1] ?? 0);
  const ranges = snippet.ranges.map(({ start, end }) => ({ start: moved(start), end: moved(end) }));
  return { ...snippet, text, ranges };
}
