import { type FieldChange, type FieldText, insertion } from './field-text.ts';

/** Returns the link that a URL makes of the selection when it is pasted; null if it is no URL. */
export function linkOfPaste(pasted: string, field: FieldText): FieldChange | null {
  const url = pasted.trim();
  const label = field.text.slice(field.start, field.end);
  if (label.trim() === '' || /[[\]\n]/.test(label)) return null;
  if (!/^https?:\/\/[^\s<>()]+$/i.test(url) || /^https?:\/\//i.test(label)) return null;
  return insertion(field, `[${label}](${url})`);
}
