/**
 * Reads the texts of a catalog: placeholders (`{{name}}`, `{{count, number}}`) and tags (`<name/>`, `<key>Ctrl</key>`).
 * docs/translation.md describes them for translators.
 */

/** What is inserted for the placeholders of a text. */
export type Values = Readonly<Record<string, string | number>>;

/** How values are written in the language of a text. */
export interface ValueFormat {
  /** Writes the number of a placeholder with `, number`. */
  number(value: number): string;
  /** Returns an inserted value as it is shown. */
  value(text: string): string;
}

/** A part of a text with tags: words, or what is between the two ends of a tag. */
export type TextPart = string | { readonly tag: string; readonly parts: readonly TextPart[] };

const PLACEHOLDER = /\{\{(\w+)(, number)?\}\}/g;
const TAG = /<(\/?)(\w+)(\/?)>/g;

/** Returns a text with its values inserted. Values are not searched for placeholders. */
export function insertValues(text: string, values: Values, format: ValueFormat): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string, isNumber?: string) => {
    const value = values[name];
    if (value === undefined) return placeholder;
    const isFormatted = isNumber !== undefined && typeof value === 'number';
    return format.value(isFormatted ? format.number(value) : String(value));
  });
}

/** Returns the parts of a text with tags. */
export function partsOf(text: string): readonly TextPart[] {
  const top: TextPart[] = [];
  /** The parts of each tag that has not ended yet, the innermost last. */
  const open = [top];
  let at = 0;
  for (const match of text.matchAll(TAG)) {
    const [whole, isEnd, tag = '', isEmpty] = match;
    const parts = open.at(-1) ?? top;
    if (match.index > at) parts.push(text.slice(at, match.index));
    at = match.index + whole.length;
    if (isEnd !== '') open.pop();
    else {
      const inner: TextPart[] = [];
      parts.push({ tag, parts: inner });
      if (isEmpty === '') open.push(inner);
    }
  }
  if (at < text.length) top.push(text.slice(at));
  return top;
}
