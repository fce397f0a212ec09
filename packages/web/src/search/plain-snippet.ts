import type { FoundMessage, NameOf } from '@parley/protocol';
import { replacementsOf } from '@parley/protocol/markdown';

type Snippet = FoundMessage['snippet'];

/**
 * Returns the excerpt of a message without Markdown syntax and with the names of `nameOf`, with its ranges
 * adjusted. What contains a match, such as the URL of a link, is kept as it was typed. The whole text decides what is syntax,
 * because the excerpt may start in the middle of bold text.
 */
export function plainSnippet(body: string, snippet: Snippet, nameOf?: NameOf): Snippet {
  const at = body.indexOf(snippet.text);
  const [source, offset] = at < 0 ? [snippet.text, 0] : [body, at];
  const end = snippet.text.length;
  let text = '';
  let done = 0;
  /** How much shorter the text is before each position, as pairs of position and sum. */
  const cuts: [number, number][] = [];
  let sum = 0;
  for (const { by, ...part } of replacementsOf(source, nameOf)) {
    const from = Math.max(part.from - offset, done);
    const to = Math.min(part.to - offset, end);
    if (to <= from || snippet.ranges.some((range) => range.start < to && range.end > from))
      continue;
    // A name that the excerpt cuts stays as it was typed.
    if (by !== '' && (from + offset > part.from || to + offset < part.to)) continue;
    text += snippet.text.slice(done, from) + by;
    done = to;
    sum += to - from - by.length;
    cuts.push([to, sum]);
  }
  text += snippet.text.slice(done);
  const moved = (position: number) =>
    position - (cuts.findLast(([cut]) => cut <= position)?.[1] ?? 0);
  const ranges = snippet.ranges.map(({ start, end }) => ({ start: moved(start), end: moved(end) }));
  return { ...snippet, text, ranges };
}
