import type { Attachment } from '@parley/protocol';

/** The largest size of an image in the list of messages, in CSS pixels. */
const WIDTH_MAX = 400;
const HEIGHT_MAX = 300;
/** The minimum size, so that it is visible and clickable. */
const SIDE_MIN = 48;

/** Returns the size of an image in the list of messages; null for a file that has no preview. */
export function sizeShown({
  width,
  height,
}: Pick<Attachment, 'width' | 'height'>): { width: number; height: number } | null {
  if (!width || !height) return null;
  const scale = Math.min(1, WIDTH_MAX / width, HEIGHT_MAX / height);
  const side = (length: number) => Math.max(SIDE_MIN, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}
