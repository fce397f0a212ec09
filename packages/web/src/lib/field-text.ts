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

/** Returns the text of a field and its selection. */
export const fieldTextOf = ({
  value,
  selectionStart,
  selectionEnd,
}: HTMLTextAreaElement): FieldText => ({ text: value, start: selectionStart, end: selectionEnd });

/** Returns the start of the line that contains a position. */
export const lineStartOf = (text: string, position: number): number =>
  // `lastIndexOf` treats a negative position as 0.
  position === 0 ? 0 : text.lastIndexOf('\n', position - 1) + 1;

/** Returns the change that replaces the selection, with the caret after it. */
export function insertion({ start, end }: FieldText, text: string): FieldChange {
  const caret = start + text.length;
  return { from: start, to: end, text, select: [caret, caret] };
}

/**
 * Makes a change as if it had been typed, so that it can be undone like any other. `execCommand` is the only
 * way to do so: assigning a value, or `setRangeText`, empties the undo history of the browser.
 */
export function applyChange(field: HTMLTextAreaElement, change: FieldChange): void {
  field.focus();
  field.setSelectionRange(change.from, change.to);
  // Inserting an empty text would not replace the selection.
  if (change.text === '') document.execCommand('delete');
  else document.execCommand('insertText', false, change.text);
  field.setSelectionRange(...change.select);
}
