/** Longer messages are folded. */
const FOLD_CHARACTERS = 2_000;
const FOLD_LINES = 30;
/** The limits of what a folded message shows. */
const SHOWN_CHARACTERS = 1_200;
const SHOWN_LINES = 18;

/** Returns whether a text is long enough to be folded. */
export function isLong(text: string): boolean {
  if (text.length > FOLD_CHARACTERS) return true;
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    lines++;
    if (lines > FOLD_LINES) return true;
  }
  return false;
}

/** Returns the start of a text, up to the limits of a folded message. */
export function foldedText(text: string): string {
  return text.slice(0, cutAt(text, SHOWN_CHARACTERS, SHOWN_LINES)).trimEnd();
}

/** Matches what continues a character: a mark, a joiner, the second half of a surrogate pair. */
const CONTINUES = /^(?:\p{M}|\u200D|[\uDC00-\uDFFF])/u;

/** Returns where to truncate a text so that it has at most this many characters and lines. */
function cutAt(text: string, characters: number, lines: number): number {
  let end = Math.min(text.length, characters);
  let linesLeft = lines;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) {
    linesLeft--;
    if (linesLeft <= 0) end = at;
  }
  // Never within a surrogate pair, nor between a character and its marks.
  const isInside = () => end > 0 && end < text.length && CONTINUES.test(text.slice(end, end + 2));
  while (isInside()) end--;
  return end;
}
