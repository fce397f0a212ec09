import { expect, test } from 'vitest';
import { PART_ROWS, partsOf } from './row-parts.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

test.each([
  [0, []],
  [1, [1]],
  [PART_ROWS, [PART_ROWS]],
  [PART_ROWS + 1, [PART_ROWS, 1]],
  [1_000, Array(25).fill(40)],
])('splits %d rows into full parts and a rest', (count, lengths) => {
  const parts = partsOf(numbers(count));
  expect(parts.map((part) => part.length)).toEqual(lengths);
  expect(parts.flat()).toEqual(numbers(count));
});
