import fc from 'fast-check';
import { expect, test } from 'vitest';
import { moveBy, SCALE_MAX, WHOLE, zoomBy } from './zoom.ts';

const BOX = { width: 400, height: 300 };
const IMAGE = { width: 400, height: 200 };
const CENTER = { x: 0, y: 0 };

test('zooming at the center moves nothing', () => {
  expect(zoomBy(WHOLE, 2, CENTER, IMAGE, BOX)).toEqual({ scale: 2, x: 0, y: 0 });
});

test('zooming keeps the point under the pointer in place', () => {
  const zoom = zoomBy(WHOLE, 4, { x: 100, y: 50 }, IMAGE, BOX);
  // A pixel of the image at p of its center is shown at x + scale * p.
  expect(zoom.x + zoom.scale * 100).toBe(100);
  expect(zoom.y + zoom.scale * 50).toBe(50);
});

test('the unzoomed image is centered again, however it was moved', () => {
  const moved = moveBy(zoomBy(WHOLE, 3, { x: 150, y: 20 }, IMAGE, BOX), 90, -400, IMAGE, BOX);
  expect(zoomBy(moved, 0.01, { x: -9, y: 7 }, IMAGE, BOX)).toEqual(WHOLE);
});

test('an enlarged image always covers the box as far as it can', () => {
  const number = fc.double({ min: -500, max: 500, noNaN: true });
  const step = fc.record({ factor: fc.constantFrom(0.5, 1.5, 3), x: number, y: number });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
      let zoom = WHOLE;
      for (const { factor, x, y } of steps) {
        zoom = zoomBy(zoom, factor, { x, y }, IMAGE, BOX);
        zoom = moveBy(zoom, y, x, IMAGE, BOX);
      }
      expect(zoom.scale).toBeGreaterThanOrEqual(1);
      expect(zoom.scale).toBeLessThanOrEqual(SCALE_MAX);
      const spareX = Math.max(0, (IMAGE.width * zoom.scale - BOX.width) / 2);
      const spareY = Math.max(0, (IMAGE.height * zoom.scale - BOX.height) / 2);
      expect(Math.abs(zoom.x)).toBeLessThanOrEqual(spareX + 1e-9);
      expect(Math.abs(zoom.y)).toBeLessThanOrEqual(spareY + 1e-9);
    }),
  );
});
