import { isInCodeBlock } from '../../lib/code-fences.ts';
import { type FieldChange, type FieldText, lineStartOf } from '../../lib/field-text.ts';

/** The markers of a list or a quote at the start of a line, and the rest of it. */
const LINE = /^([ \t]*(?:>[ \t]?)*)(?:([-*+])|(\d{1,9})([.)]))?([ \t]+)?(.*)$/s;

/**
 * Returns the change that a line break makes in a list or a quote: the next line begins with its marker, or
 * an item without text ends the list. Returns null elsewhere.
 */
export function lineBreakChange({ text, start, end }: FieldText): FieldChange | null {
  if (isInCodeBlock(text, start)) return null;
  const lineStart = lineStartOf(text, start);
  const match = LINE.exec(text.slice(lineStart, start));
  if (!match) return null;
  const [, indent = '', bullet, number, dot = '', space = '', rest = ''] = match;
  const isItem = (bullet !== undefined || number !== undefined) && space !== '';
  if (!isItem && !indent.includes('>')) return null;
  const isLastOfLine = text[end] === undefined || text[end] === '\n';
  if (rest === '' && isLastOfLine) {
    // An empty line first, because text on the next line would belong to the last item.
    const caret = lineStart + 1;
    return { from: lineStart, to: end, text: '\n', select: [caret, caret] };
  }
  const marker = number === undefined ? (bullet ?? '') : `${Number(number) + 1}${dot}`;
  const next = `\n${indent}${isItem ? marker + space : ''}`;
  const caret = start + next.length;
  return { from: start, to: end, text: next, select: [caret, caret] };
}
