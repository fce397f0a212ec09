import type { Row } from './rows.ts';

/** The rows, by their keys, in which a selection of text starts and ends; the end moves. */
export interface SelectedRows {
  readonly anchor: string;
  readonly focus: string;
}

/** The number of rows that are kept for a selection: more would make scrolling slow. */
const ROWS_MAX = 500;
const NONE: readonly number[] = [];

/** Returns the indexes of the selected rows; of a long selection those next to its start. */
export function selectedIndexes(
  rows: readonly Row[],
  selected: SelectedRows | null,
): readonly number[] {
  if (!selected) return NONE;
  const anchor = rows.findIndex(({ key }) => key === selected.anchor);
  if (anchor < 0) return NONE;
  const focus = rows.findIndex(({ key }) => key === selected.focus);
  const reach = ROWS_MAX - 1;
  const end = focus < 0 ? anchor : Math.min(Math.max(focus, anchor - reach), anchor + reach);
  const first = Math.min(anchor, end);
  return Array.from({ length: Math.abs(end - anchor) + 1 }, (_, n) => first + n);
}
