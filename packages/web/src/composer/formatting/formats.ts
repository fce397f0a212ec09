import { FENCE } from '../../lib/code-fences.ts';
import { type FieldChange, type FieldText, lineStartOf } from '../../lib/field-text.ts';

/** A Markdown format that keys and buttons set. */
export type Format =
  | 'bold'
  | 'italic'
  | 'strikethrough'
  | 'code'
  | 'link'
  | 'bulleted-list'
  | 'numbered-list'
  | 'quote'
  | 'code-block';

/** Returns the change that sets a format in a field, or removes it if it is set already. */
export const formatChange = (format: Format, field: FieldText): FieldChange =>
  CHANGES[format](field);

const CHANGES: Readonly<Record<Format, (field: FieldText) => FieldChange>> = {
  bold: (field) => inlineChange(field, '**'),
  italic: (field) => inlineChange(field, '_'),
  strikethrough: (field) => inlineChange(field, '~~'),
  code: (field) => inlineChange(field, '`'),
  link: linkChange,
  'bulleted-list': (field) => linesChange(field, LINES.bullet),
  'numbered-list': (field) => linesChange(field, LINES.number),
  quote: (field) => linesChange(field, LINES.quote),
  'code-block': (field) => codeBlockChange(field),
};

/** Adds a marker around the selection, or removes it. */
function inlineChange({ text, start, end }: FieldText, marker: string): FieldChange {
  const { length } = marker;
  const inside = text.slice(start, end);
  const isMarked =
    text.slice(start - length, start) === marker && text.slice(end, end + length) === marker;
  if (isMarked && start >= length) {
    const from = start - length;
    return { from, to: end + length, text: inside, select: [from, from + inside.length] };
  }
  const select = [start + length, end + length] as const;
  return { from: start, to: end, text: marker + inside + marker, select };
}

const URL_ALONE = /^https?:\/\/[^\s<>()]+$/i;
/** What follows the label of a link. */
const TARGET = /^\]\([^\s()]*\)/;

/** Makes a link of the selection, with the caret at the missing part; removes a link whose text is selected. */
function linkChange({ text, start, end }: FieldText): FieldChange {
  const inside = text.slice(start, end);
  const target = TARGET.exec(text.slice(end))?.[0];
  if (text[start - 1] === '[' && target !== undefined) {
    const from = start - 1;
    return { from, to: end + target.length, text: inside, select: [from, from + inside.length] };
  }
  const isUrl = URL_ALONE.test(inside);
  const link = isUrl ? `[](${inside})` : `[${inside}]()`;
  const caret = inside === '' || isUrl ? start + 1 : start + link.length - 1;
  return { from: start, to: end, text: link, select: [caret, caret] };
}

/** A format of whole lines. */
interface LineFormat {
  /** Matches the marker of a line. */
  readonly marker: RegExp;
  /** Matches the markers of the formats that this one replaces. */
  readonly others: RegExp;
  /** Returns the marker of the nth line. */
  readonly markerOf: (n: number) => string;
}

const NOTHING = /^/;
const LINES = {
  bullet: { marker: /^[-*+] /, others: /^\d{1,9}[.)] /, markerOf: () => '- ' },
  number: { marker: /^\d{1,9}[.)] /, others: /^[-*+] /, markerOf: (n: number) => `${n + 1}. ` },
  quote: { marker: /^> ?/, others: NOTHING, markerOf: () => '> ' },
} as const satisfies Record<string, LineFormat>;

/** Adds a marker to each selected line, or removes the markers if every line has one. */
function linesChange(
  { text, start, end }: FieldText,
  { marker, others, markerOf }: LineFormat,
): FieldChange {
  const from = lineStartOf(text, start);
  // A selection that ends at the start of a line does not include it.
  const last = end > start && text[end - 1] === '\n' ? end - 1 : end;
  const lineEnd = text.indexOf('\n', last);
  const to = lineEnd === -1 ? text.length : lineEnd;
  const lines = text.slice(from, to).split('\n');
  const isSet = lines.every((line) => marker.test(line));
  const changed = lines.map((line, n) =>
    isSet ? line.replace(marker, '') : markerOf(n) + line.replace(others, ''),
  );
  const replaced = changed.join('\n');
  const whole = [from, from + replaced.length] as const;
  if (end > start) return { from, to, text: replaced, select: whole };
  // The caret keeps its distance from the end of its line.
  const caret = Math.max(from, whole[1] - (to - start));
  return { from, to, text: replaced, select: [caret, caret] };
}

/** Makes the selection a block of code on separate lines, or removes the block around it. */
export function codeBlockChange({ text, start, end }: FieldText, language = ''): FieldChange {
  const inside = text.slice(start, end);
  const open = `${FENCE}${language}\n`;
  const close = `\n${FENCE}`;
  if (text.slice(0, start).endsWith(open) && text.slice(end).startsWith(close)) {
    const from = start - open.length;
    return { from, to: end + close.length, text: inside, select: [from, from + inside.length] };
  }
  const before = start === 0 || text[start - 1] === '\n' ? open : `\n${open}`;
  const isLineEnd = end === text.length || text[end] === '\n';
  const block = before + inside + close + (isLineEnd ? '' : '\n');
  const at = start + before.length;
  return { from: start, to: end, text: block, select: [at, at + inside.length] };
}
