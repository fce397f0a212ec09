/** Returns whether PostgreSQL and JSON can store the text unchanged: no NUL, no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/**
 * Anything but white space, control characters, invisible characters and blanks (which UAX #44 has no property for).
 * Marks without a letter are visible.
 */
const VISIBLE =
  /[^\s\p{Z}\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\ufffc\ufff9-\ufffb]/u;

/** Returns whether nothing of a text can be seen. */
export const isBlank = (text: string): boolean => !VISIBLE.test(text);

/** Returns the length in Unicode code points. */
export function codePoints(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is one code point.
    if (unit >= 0xd800 && unit <= 0xdbff) i++;
    n++;
  }
  return n;
}
