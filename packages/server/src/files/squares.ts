import { refuse } from '../http/errors.ts';
import { decodeNext, isDecodeError, loadDecoder, PIXELS_MAX, SECONDS_MAX } from './images.ts';

/** The two sizes of an image, each a WebP file. */
export interface Squares {
  readonly large: Buffer;
  readonly small: Buffer;
}

const LARGE = 256;
const SMALL = 64;

/**
 * Decodes an image, crops its middle to a square and encodes it in two sizes, without metadata (position,
 * camera). Of an animation it is the first frame. `read` returns the image; it is called when the decoder is
 * free, so that images that are waiting take no memory. Returns null if the image is damaged or has too many
 * pixels.
 * @throws {RefusalError} `overloaded` if too many images are waiting
 */
export async function makeSquares(read: () => Promise<Buffer>): Promise<Squares | null> {
  const made = await decodeNext(async () => ({ squares: await decode(await read()) }));
  if (!made) refuse('overloaded', 'Too many images are being decoded', { retryAfter: 5 });
  return made.squares;
}

async function decode(image: Buffer): Promise<Squares | null> {
  const sharp = await loadDecoder();
  try {
    const large = await sharp(image, { limitInputPixels: PIXELS_MAX, failOn: 'error' })
      .autoOrient()
      .resize({ width: LARGE, height: LARGE, fit: 'cover' })
      .webp({ quality: 85, effort: 4 })
      .timeout({ seconds: SECONDS_MAX })
      .toBuffer();
    const small = await sharp(large)
      .resize(SMALL, SMALL)
      .webp({ quality: 85, effort: 4 })
      .toBuffer();
    return { large, small };
  } catch (error) {
    if (isDecodeError(error)) return null;
    throw error;
  }
}
