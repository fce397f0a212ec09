const FENCE = '```';
/** What may be on a line before a fence: indentation and the markers of quotes and lists. */
const MARKERS = /(?:^|\n)[ \t>*+\d.)-]*$/;

/**
 * Moves the fences of code blocks to their own lines, which CommonMark requires and people forget,
 * as in “so: ```\ncode``` and”. Otherwise the rest of the message would be code.
 */
export function withWholeFences(text: string): string {
  if (!text.includes(FENCE) || text.includes('````')) return text;
  let whole = '';
  let at = 0;
  for (;;) {
    const open = text.indexOf(FENCE, at);
    const close = open < 0 ? -1 : text.indexOf(FENCE, open + FENCE.length);
    if (close < 0) return whole + text.slice(at);
    const before = text.slice(at, open);
    const inside = text.slice(open + FENCE.length, close);
    at = close + FENCE.length;
    if (!inside.includes('\n')) {
      whole += before + FENCE + inside + FENCE;
      continue;
    }
    const isAtStart =
      MARKERS.test(before.slice(before.lastIndexOf('\n') + 1)) && !/[^\n]$/.test(whole);
    whole += before + (isAtStart ? '' : '\n') + FENCE;
    whole += inside;
    if (!MARKERS.test(inside.slice(inside.lastIndexOf('\n')))) whole += '\n';
    whole += FENCE;
    if (!/^[ \t]*(?:\n|$)/.test(text.slice(at, at + 80))) whole += '\n';
  }
}
