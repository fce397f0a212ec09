import type { ComposerKey } from './composer-rules.ts';

/** The text of a field and what is selected in it. */
export interface FieldText {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** A change of a field: replaces a range with a text, then selects a range. */
export interface FieldChange {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly select: readonly [number, number];
}

/** The markers of Markdown that keys put around the selection, with Ctrl or ⌘. */
const MARKERS: Readonly<Record<string, string>> = { b: '**', i: '_', e: '`', 'shift+x': '~~' };

/** Returns what a key changes in a message field; null if it is no key of Markdown. */
export function formatChange(event: ComposerKey, field: FieldText): FieldChange | null {
  if (event.isComposing) return null;
  if (event.ctrlKey !== event.metaKey) {
    const marker = MARKERS[(event.shiftKey ? 'shift+' : '') + event.key.toLowerCase()];
    return marker === undefined ? null : toggled(field, marker);
  }
  return null;
}

/** Puts a marker around the selection, or removes it from there. */
function toggled({ text, start, end }: FieldText, marker: string): FieldChange {
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

/** The markers of a list or a quote at the start of a line, and the rest of it. */
const LINE = /^([ \t]*(?:>[ \t]?)*)(?:([-*+])|(\d{1,9})([.)]))?([ \t]+)?(.*)$/s;

/**
 * Returns what a line break changes: in a list or a quote the next line begins with its marker, and an item
 * without text ends the list. Returns null elsewhere.
 */
export function lineBreakChange({ text, start, end }: FieldText): FieldChange | null {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const match = LINE.exec(text.slice(lineStart, start));
  if (!match) return null;
  const [, indent = '', bullet, number, dot = '', space = '', rest = ''] = match;
  const isItem = (bullet !== undefined || number !== undefined) && space !== '';
  if (!isItem && !indent.includes('>')) return null;
  if (rest === '') {
    // After an empty line, since text on the next one would belong to the last item.
    const caret = lineStart + 1;
    return { from: lineStart, to: end, text: '\n', select: [caret, caret] };
  }
  const marker = number === undefined ? (bullet ?? '') : `${Number(number) + 1}${dot}`;
  const next = `\n${indent}${isItem ? marker + space : ''}`;
  const caret = start + next.length;
  return { from: start, to: end, text: next, select: [caret, caret] };
}

/** Returns the link that a URL makes of the selection when it is pasted; null if it is no URL. */
export function pasteChange(pasted: string, { text, start, end }: FieldText): FieldChange | null {
  const url = pasted.trim();
  const label = text.slice(start, end);
  if (label.trim() === '' || /[[\]\n]/.test(label)) return null;
  if (!/^https?:\/\/[^\s<>()]+$/i.test(url) || /^https?:\/\//i.test(label)) return null;
  const link = `[${label}](${url})`;
  const caret = start + link.length;
  return { from: start, to: end, text: link, select: [caret, caret] };
}

/** Makes a change as if it had been typed, so that it can be undone like any other. */
export function applyChange(field: HTMLTextAreaElement, change: FieldChange): void {
  field.setSelectionRange(change.from, change.to);
  document.execCommand('insertText', false, change.text);
  field.setSelectionRange(...change.select);
}
