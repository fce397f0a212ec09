import { expect, test } from 'vitest';
import { estimatedRowHeight, updateRowHeight } from './row-height.ts';

const list = (rowHeight: number, rows: number) => ({
  scrollOffset: 1_000,
  viewportSize: rows * rowHeight,
  findItemIndex: (offset: number) => Math.floor(offset / rowHeight),
  getItemOffset: (index: number) => index * rowHeight,
});

test('the estimated height of a row follows the visible rows, and is slightly too low', () => {
  expect(estimatedRowHeight()).toBe(26);
  updateRowHeight(list(100, 8));
  expect(estimatedRowHeight()).toBe(80);
  // Two long messages fill the screen, but the next list may have short ones.
  updateRowHeight(list(400, 2));
  expect(estimatedRowHeight()).toBe(80);
  updateRowHeight(list(27, 25));
  expect(estimatedRowHeight()).toBe(26);
});
