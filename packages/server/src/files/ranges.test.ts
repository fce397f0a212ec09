import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangeOf } from './ranges.ts';

test.each([
  [undefined, 10, null],
  ['bytes=0-3', 10, { start: 0, end: 3 }],
  ['bytes=4-', 10, { start: 4, end: 9 }],
  ['bytes=-3', 10, { start: 7, end: 9 }],
  ['bytes=-30', 10, { start: 0, end: 9 }],
  ['bytes=8-99', 10, { start: 8, end: 9 }],
  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=5-3', 10, null],
  ['bytes=0-1,4-5', 10, null],
  ['bytes=-', 10, null],
  ['lines=0-3', 10, null],
  ['bytes=99999999999999999999-', 10, null],
])('the range %j of %i bytes', (header, bytes, expected) => {
  expect(rangeOf(header, bytes)).toEqual(expected);
});

test('a range is always within the content', () => {
  const number = fc.oneof(fc.constant(''), fc.nat({ max: 40 }).map(String));
  fc.assert(
    fc.property(number, number, fc.nat({ max: 30 }), (first, last, bytes) => {
      const range = rangeOf(`bytes=${first}-${last}`, bytes);
      if (range === null || range === 'unsatisfiable') return;
      expect(range.start).toBeGreaterThanOrEqual(0);
      expect(range.end).toBeGreaterThanOrEqual(range.start);
      expect(range.end).toBeLessThan(bytes);
    }),
  );
});
