/** Combining marks shown on one base character; no script in use needs more. */
export const MARKS_SHOWN = 8;

/**
 * Returns the text as it is displayed: runs of combining marks and of skin tone modifiers are capped.
 * Shaping a run takes time quadratic in its length, so 15,000 marks on one letter block the page for
 * seconds. The stored text stays as it is.
 */
export function displayText(text: string): string {
  // Without characters beyond Latin-1 there are no marks, and no modifiers.
  if (!/[\u0100-\uffff]/.test(text)) return text;
  return text
    .replace(/(\p{M}{8})\p{M}+/gu, '$1')
    .replace(/(\p{Emoji_Modifier})\p{Emoji_Modifier}+/gu, '$1');
}

/**
 * Returns the start of a text on one line, for previews: at most `characters` code points, with an
 * ellipsis if the text is longer.
 */
export function excerpt(text: string, characters: number): string {
  // Cut before the marks are capped, so that the cost is bounded by what is shown.
  const units = text.slice(0, characters * 16);
  const displayed = [...displayText(units)];
  const isWhole = units.length === text.length && displayed.length <= characters;
  const line = displayed.slice(0, characters).join('').replace(/\s/gu, ' ');
  return isWhole ? line : `${line}…`;
}
