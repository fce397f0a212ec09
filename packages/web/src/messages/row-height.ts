import type { VListHandle } from 'virtua';

/** The height of a message of one line, which the first list assumes, px. */
const ONE_LINE = 26;
/** A part of the measured mean. Too low, a list renders a few rows that are not needed; too high, it renders twice. */
const PART = 0.8;

let expected = ONE_LINE;

/** What the height of rows is learned from. */
type Measured = Pick<
  VListHandle,
  'findItemIndex' | 'getItemOffset' | 'scrollOffset' | 'viewportSize'
>;

/**
 * Returns the height that a new list assumes for rows that it has not measured, px. With this, it renders the rows
 * that fit on the screen, once: without, it measures some first, moves all others to where they probably are, and then
 * no longer finds its end, where it is scrolled to.
 */
export const expectedRowHeight = (): number => expected;

/** Learns from the rows that are visible in a list. */
export function learnRowHeight(list: Measured): void {
  const first = list.findItemIndex(list.scrollOffset);
  const last = list.findItemIndex(list.scrollOffset + list.viewportSize);
  // A few rows say little about others.
  if (last - first < 5) return;
  const mean = (list.getItemOffset(last) - list.getItemOffset(first)) / (last - first);
  expected = Math.max(ONE_LINE, Math.round(mean * PART));
}
