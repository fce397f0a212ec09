import { expect, test } from 'vitest';
import { quantile, tableOf } from './bars.ts';

test('quantiles are found by the nearest rank', () => {
  const values = Array.from({ length: 20 }, (_, n) => 20 - n);
  expect(quantile(values, 0.5)).toBe(10);
  expect(quantile(values, 0.95)).toBe(19);
  expect(quantile([7], 0.95)).toBe(7);
});

test('judges the median of the last build', () => {
  const table = tableOf([
    { name: 'before', figures: new Map([['switchMedian', [278, 280, 290]]]) },
    { name: 'now', figures: new Map([['switchMedian', [59, 61, 60]]]) },
  ]);
  expect(table.split('\n')).toEqual([
    '| bar | at most | before | now | met |',
    '|---|---|---|---|---|',
    '| Switch conversation, p50 | 60 ms | 280 ms | 60 ms | yes |',
  ]);
});

test('a missed bar is reported', () => {
  const table = tableOf([{ name: 'now', figures: new Map([['heap', [80.6]]]) }]);
  expect(table).toContain('| Heap after 20,000 messages | 80 MiB | 81 MiB | no |');
});
