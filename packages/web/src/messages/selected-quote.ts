import type { Seq } from '@parley/protocol';
import { applyChange } from '../lib/field-text.ts';

/** Returns a text as a Markdown quote, and a new paragraph below it. */
export const quoteOf = (text: string): string =>
  `${text
    .trim()
    .replace(/\n{2,}/g, '\n\n')
    .split('\n')
    .map((line) => `> ${line}`.trimEnd())
    .join('\n')}\n\n`;

/** Returns what is selected of the text of a message; empty if nothing is, or if other messages are selected, too. */
export function selectedIn(seq: Seq): string {
  const selection = window.getSelection();
  if (!selection || selection.rangeCount === 0) return '';
  const { commonAncestorContainer: node } = selection.getRangeAt(0);
  const element = node instanceof Element ? node : node.parentElement;
  const text = element?.closest('article [data-message-text]');
  const article = text?.closest<HTMLElement>('article');
  return article?.dataset.seq === String(seq) ? selection.toString().trim() : '';
}

/** Inserts a quote before what is written in the message field. */
export function insertQuote(text: string): void {
  const field = document.querySelector<HTMLTextAreaElement>('textarea[data-composer]');
  if (!field) return;
  const quote = quoteOf(text);
  const { length } = field.value;
  applyChange(field, {
    from: 0,
    to: 0,
    text: quote,
    select: [quote.length + length, quote.length + length],
  });
}
