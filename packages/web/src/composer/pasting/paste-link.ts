import { type FieldChange, type FieldText, insertion } from '../../lib/field-text.ts';

/** Returns the change that links the selection to a pasted URL; null if the pasted text is no URL. */
export function linkOfPaste(pasted: string, field: FieldText): FieldChange | null {
  const url = pasted.trim();
  const label = field.text.slice(field.start, field.end);
  if (label.trim() === '' || /[[\]\n]/.test(label)) return null;
  if (!/^https?:\/\/[^\s<>()]+$/i.test(url) || /^https?:\/\//i.test(label)) return null;
  return insertion(field, `[${label}](${url})`);
}
