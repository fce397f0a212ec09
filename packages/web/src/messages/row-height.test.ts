import { expect, test } from 'vitest';
import { expectedRowHeight, learnRowHeight } from './row-height.ts';

const list = (rowHeight: number, rows: number) => ({
  scrollOffset: 1_000,
  viewportSize: rows * rowHeight,
  findItemIndex: (offset: number) => Math.floor(offset / rowHeight),
  getItemOffset: (index: number) => index * rowHeight,
});

test('the estimated height of a row follows the visible rows, and is slightly too low', () => {
  expect(expectedRowHeight()).toBe(26);
  learnRowHeight(list(100, 8));
  expect(expectedRowHeight()).toBe(80);
  // Two long messages fill the screen, but the next list may have short ones.
  learnRowHeight(list(400, 2));
  expect(expectedRowHeight()).toBe(80);
  learnRowHeight(list(27, 25));
  expect(expectedRowHeight()).toBe(26);
});
