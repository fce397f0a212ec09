import type { FieldChange, FieldText } from './field-text.ts';

/** Parses a field whose selection is between two bars, or whose caret is at one. */
export function field(marked: string): FieldText {
  const start = marked.indexOf('|');
  const end = marked.lastIndexOf('|');
  return { text: marked.replaceAll('|', ''), start, end: end === start ? start : end - 1 };
}

/** Formats a field after a change in the same way; null if nothing changes. */
export function after({ text }: FieldText, change: FieldChange | null): string | null {
  if (!change) return null;
  const next = text.slice(0, change.from) + change.text + text.slice(change.to);
  const [start, end] = change.select;
  const bars = start === end ? '|' : `|${next.slice(start, end)}|`;
  return next.slice(0, start) + bars + next.slice(end);
}
