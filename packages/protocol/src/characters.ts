/** True when PostgreSQL and JSON can carry the text unchanged: no NUL, no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/** Length in Unicode code points, which is what a person would count. */
export function codePoints(text: string): number {
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A high surrogate and its low one are a single code point.
    if (unit >= 0xd800 && unit <= 0xdbff) i++;
    n++;
  }
  return n;
}
