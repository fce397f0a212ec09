/** The zoom of an image in its box, and its offset from the center in CSS pixels. */
export interface Zoom {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

/** A length in both directions, CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The whole image, in the center. */
export const WHOLE: Zoom = { scale: 1, x: 0, y: 0 };
/** The largest enlargement. */
export const SCALE_MAX = 8;
/** The zoom factor of one press of a button or key. */
export const SCALE_STEP = 1.5;

/**
 * Zooms by a factor around a point. The point is relative to the center of the box. `image` is the
 * size of the whole image in the box.
 */
export function zoomBy(
  zoom: Zoom,
  factor: number,
  at: { readonly x: number; readonly y: number },
  image: Size,
  box: Size,
): Zoom {
  const scale = Math.min(SCALE_MAX, Math.max(1, zoom.scale * factor));
  const by = scale / zoom.scale;
  const x = at.x - (at.x - zoom.x) * by;
  const y = at.y - (at.y - zoom.y) * by;
  return within({ scale, x, y }, image, box);
}

/** Moves the image. Its edges stay outside of the box where it is larger than the box. */
export function moveBy(zoom: Zoom, dx: number, dy: number, image: Size, box: Size): Zoom {
  return within({ scale: zoom.scale, x: zoom.x + dx, y: zoom.y + dy }, image, box);
}

function within({ scale, x, y }: Zoom, image: Size, box: Size): Zoom {
  return {
    scale,
    x: clampOffset(x, image.width * scale, box.width),
    y: clampOffset(y, image.height * scale, box.height),
  };
}

function clampOffset(offset: number, length: number, box: number): number {
  const most = Math.max(0, (length - box) / 2);
  // Adding 0 turns -0 into 0.
  return Math.min(most, Math.max(-most, offset)) + 0;
}
