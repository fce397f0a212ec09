import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeShown } from './image-size.ts';

test.each([
  [
    { width: 200, height: 100 },
    { width: 200, height: 100 },
  ],
  [
    { width: 4000, height: 1000 },
    { width: 400, height: 100 },
  ],
  [
    { width: 1000, height: 4000 },
    { width: 75, height: 300 },
  ],
  [
    { width: 1, height: 1 },
    { width: 48, height: 48 },
  ],
  [{}, null],
])('an image of %j is shown as %j', (file, expected) => {
  expect(sizeShown(file)).toEqual(expected);
});

test('an image never exceeds its maximum size', () => {
  const side = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(side, side, (width, height) => {
      const shown = sizeShown({ width, height });
      expect(shown?.width).toBeLessThanOrEqual(400);
      expect(shown?.height).toBeLessThanOrEqual(300);
    }),
  );
});
