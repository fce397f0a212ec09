import { writeFile } from 'node:fs/promises';
import { ConcurrencyLimit } from '../limits/concurrency.ts';
import { syncFile } from './sync.ts';

/** The properties of an image, and of its preview. */
export interface ImageProperties {
  /** The size as it is shown, with its orientation applied. */
  readonly width: number;
  readonly height: number;
  readonly blurhash: string;
}

/** Formats that get previews; decoders of others are never called. */
const FORMATS = new Set([
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
]);
/** Images with more pixels, all frames together, have no preview. */
export const PIXELS_MAX = 40_000_000;
/** How a preview is made. */
export interface PreviewStyle {
  /** The preview fits into a square of this size, px. */
  readonly size: number;
  /** Whether animations remain animated. */
  readonly mayMove: boolean;
}

/** The previews of uploaded images. */
const OF_UPLOADS: PreviewStyle = { size: 1_280, mayMove: true };
/** Animations with more frames have a still preview. */
const FRAMES_MAX = 200;
/** The decoder stops after this time. */
export const SECONDS_MAX = 15;
/** Images that wait for the decoder; further ones get no preview. */
const WAITING_MAX = 20;
/** The size of the image from which a blurhash is made. */
const BLUR_SIZE = 32;

/** Returns whether previews are made of images of this type. */
export const mayHavePreview = (mediaType: string): boolean => FORMATS.has(mediaType);

const decoder = new ConcurrencyLimit(1);
let waiting = 0;

/**
 * Decodes an image and writes its preview, a WebP file without metadata (position, camera), to `preview`.
 * Returns null, and writes nothing, if the image is damaged, has too many
 * pixels, or too many images are waiting: one is decoded at a time.
 */
export const makePreview = (
  path: string,
  preview: string,
  style = OF_UPLOADS,
): Promise<ImageProperties | null> => decodeNext(() => decode(path, preview, style));

/**
 * Runs a decoder task when its turn comes; returns null without running it if too many are waiting.
 */
export async function decodeNext<T>(task: () => Promise<T>): Promise<T | null> {
  if (waiting >= WAITING_MAX) return null;
  waiting++;
  try {
    return await decoder.run('', task);
  } finally {
    waiting--;
  }
}

/** Returns the decoder, which is loaded on first use. */
export async function loadDecoder() {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  sharp.concurrency(1);
  return sharp;
}

async function decode(
  path: string,
  preview: string,
  { size, mayMove }: PreviewStyle,
): Promise<ImageProperties | null> {
  const sharp = await loadDecoder();
  const { encode } = await import('blurhash');
  const options = { limitInputPixels: PIXELS_MAX, failOn: 'error' } as const;
  let encoded: Buffer;
  let properties: ImageProperties;
  try {
    const { pages = 1, autoOrient } = await sharp(path, options).metadata();
    const { width, height } = autoOrient;
    if (width * height > PIXELS_MAX) return null;
    const isShort = pages <= FRAMES_MAX && width * height * pages <= PIXELS_MAX;
    const animated = mayMove && pages > 1 && isShort;
    encoded = await sharp(path, { ...options, animated })
      .autoOrient()
      .resize({
        width: size,
        height: size,
        fit: 'inside',
        withoutEnlargement: true,
      })
      .webp({ quality: 80, effort: 3 })
      .timeout({ seconds: SECONDS_MAX })
      .toBuffer();
    // From the small preview, so that the original is decoded once.
    const { data, info } = await sharp(encoded)
      .resize({ width: BLUR_SIZE, height: BLUR_SIZE, fit: 'inside' })
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const pixels = new Uint8ClampedArray(data);
    properties = { width, height, blurhash: encode(pixels, info.width, info.height, 4, 3) };
  } catch (error) {
    // The decoder rejects anything but images, regardless of the first bytes.
    if (isDecodeError(error)) return null;
    throw error;
  }
  await writeFile(preview, encoded, { mode: 0o600, flag: 'wx' });
  await syncFile(preview);
  return properties;
}

/** Errors of the decoder have no code; those of the file system do. */
export const isDecodeError = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === undefined;
