/** Three backticks, which begin and end a block of code. */
export const FENCE = '```';

/** Returns whether a position is inside a block of code. */
export function isInCodeBlock(text: string, position: number): boolean {
  return text.slice(0, position).split(FENCE).length % 2 === 0;
}

/** Returns whether a position is inside a block of code or inline code. */
export function isInCode(text: string, position: number): boolean {
  if (isInCodeBlock(text, position)) return true;
  const before = text.slice(0, position);
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return line.split('`').length % 2 === 0;
}
