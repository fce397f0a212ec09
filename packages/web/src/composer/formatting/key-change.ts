import type { KeyboardEvent } from 'react';
import { type FieldChange, fieldTextOf } from '../../lib/field-text.ts';
import { isOfInputMethod } from '../../lib/input-method.ts';
import { formatOfKey } from './format-keys.ts';
import { formatChange } from './formats.ts';
import { lineBreakChange } from './line-break.ts';

/** Returns the change that a key makes in the field if it neither sends nor edits. */
export function changeOfKey(event: KeyboardEvent<HTMLTextAreaElement>): FieldChange | null {
  const field = fieldTextOf(event.currentTarget);
  const { nativeEvent } = event;
  if (isOfInputMethod(nativeEvent)) return null;
  if (event.key === 'Enter') return lineBreakChange(field);
  const format = formatOfKey(nativeEvent, field.start !== field.end);
  return format && formatChange(format, field);
}
