import { expect, test } from 'vitest';
import { isComplete, SWIPE_DISTANCE, type Swipe, swipeFrom, swipeTo } from './swipe.ts';

const along = (points: readonly [number, number][], direction: 1 | -1 = 1): Swipe =>
  points.reduce((swipe, [x, y]) => swipeTo(swipe, x, y, direction), swipeFrom(100, 100));

test('a finger that moves far enough sideways completes the swipe', () => {
  const swipe = along([
    [108, 102],
    [140, 104],
    [190, 110],
  ]);
  expect(swipe.state).toBe('swiping');
  expect(isComplete(swipe)).toBe(true);
});

test.each<[string, [number, number][]]>([
  ['too short', [[120, 100]]],
  [
    'reversed',
    [
      [190, 100],
      [130, 100],
    ],
  ],
  ['against the direction of reading', [[60, 100]]],
  [
    'scrolling first',
    [
      [104, 130],
      [200, 140],
    ],
  ],
])('a swipe does not count that is %s', (_, points) => {
  expect(isComplete(along(points))).toBe(false);
});

test('what is swiped stays within its bounds, and follows the finger', () => {
  expect(along([[130, 100]]).moved).toBe(18);
  expect(along([[900, 100]]).moved).toBe(88);
  expect(
    along([
      [190, 100],
      [90, 100],
    ]).moved,
  ).toBe(0);
});

test('from right to left, the directions are swapped', () => {
  expect(isComplete(along([[100 - SWIPE_DISTANCE - 12, 100]], -1))).toBe(true);
  expect(isComplete(along([[190, 100]], -1))).toBe(false);
});
