import { describe, expect, test } from 'vitest';
import type { Row } from './rows.ts';
import { selectedIndexes } from './selected-rows.ts';

const rows = Array.from({ length: 2_000 }, (_, n): Row => ({ kind: 'day', key: `${n}`, at: '' }));
const indexes = (anchor: number, focus: number) =>
  selectedIndexes(rows, { anchor: `${anchor}`, focus: `${focus}` });

describe('the rows of a selection', () => {
  test('are all between its ends, in either direction', () => {
    expect(indexes(3, 6)).toEqual([3, 4, 5, 6]);
    expect(indexes(6, 3)).toEqual([3, 4, 5, 6]);
    expect(indexes(4, 4)).toEqual([4]);
  });

  test('are limited to those next to its start', () => {
    expect([indexes(100, 1_900)[0], indexes(100, 1_900).length]).toEqual([100, 500]);
    expect([indexes(1_900, 0).at(-1), indexes(1_900, 0).length]).toEqual([1_900, 500]);
  });

  test('are none without a selection, or without its start', () => {
    expect(selectedIndexes(rows, null)).toEqual([]);
    expect(selectedIndexes(rows, { anchor: 'gone', focus: '3' })).toEqual([]);
    expect(selectedIndexes(rows, { anchor: '3', focus: 'gone' })).toEqual([3]);
  });
});
