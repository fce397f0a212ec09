import type { VListHandle } from 'virtua';

/** The estimate for the first list: the height of a message of one line, px. */
const ONE_LINE = 26;
/** The share of the measured mean that is used. Too low, a list renders a few extra rows; too high, it renders twice. */
const MEAN_SHARE = 0.8;

let estimate = ONE_LINE;

/** The measured rows. */
type Measured = Pick<
  VListHandle,
  'findItemIndex' | 'getItemOffset' | 'scrollOffset' | 'viewportSize'
>;

/**
 * Returns the estimated height of rows that a new list has not measured, px. With an estimate, it renders the rows
 * that fit on the screen once; without one, it measures some first and moves all others to their probable positions,
 * and is then no longer scrolled to its end.
 */
export const estimatedRowHeight = (): number => estimate;

/** Updates the estimate with the visible rows of a list. */
export function updateRowHeight(list: Measured): void {
  const first = list.findItemIndex(list.scrollOffset);
  const last = list.findItemIndex(list.scrollOffset + list.viewportSize);
  // A few rows are too small a sample.
  if (last - first < 5) return;
  const mean = (list.getItemOffset(last) - list.getItemOffset(first)) / (last - first);
  estimate = Math.max(ONE_LINE, Math.round(mean * MEAN_SHARE));
}
