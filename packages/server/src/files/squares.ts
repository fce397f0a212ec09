import { LIMITS } from '@parley/protocol';
import { refuse } from '../http/errors.ts';
import { decodeNext, isDecodeError, loadDecoder, PIXELS_MAX, SECONDS_MAX } from './images.ts';

/** The two sizes of an image, each a WebP file. */
export interface Squares {
  readonly large: Buffer;
  readonly small: Buffer;
}

/** The purpose of an image. The icon of the server is made like avatars. */
export type ImageKind = 'avatar' | 'emoji';

const LARGE = 256;
const SMALL = 64;
/** Emoji are shown at 44 pixels at most, on screens with up to three pixels for each. */
const EMOJI_SIZE = 128;
const WEBP = { quality: 85, effort: 4 } as const;
const INPUT = { limitInputPixels: PIXELS_MAX, failOn: 'error' } as const;
const TRANSPARENT = { r: 0, g: 0, b: 0, alpha: 0 } as const;

/**
 * Decodes an image and encodes it as squares in two sizes, without metadata (position, camera). An
 * avatar is the center of the first frame. An emoji is fitted into the square; its larger size
 * remains animated, its smaller one is the first frame. `read` returns the image; it is called when
 * the decoder is free, so that images that are waiting take no memory. Returns null if the image is
 * damaged or has too many pixels or frames.
 * @throws {RefusalError} `overloaded` if too many images are waiting
 */
export async function makeSquares(
  read: () => Promise<Buffer>,
  kind: ImageKind = 'avatar',
): Promise<Squares | null> {
  const decode = kind === 'emoji' ? decodeEmoji : decodeAvatar;
  const decoded = await decodeNext(async () => {
    const image = await read();
    try {
      return { squares: await decode(image) };
    } catch (error) {
      if (isDecodeError(error)) return { squares: null };
      throw error;
    }
  });
  if (!decoded) refuse('overloaded', 'Too many images are being decoded', { retryAfter: 5 });
  return decoded.squares;
}

async function decodeAvatar(image: Buffer): Promise<Squares> {
  const sharp = await loadDecoder();
  const large = await sharp(image, INPUT)
    .autoOrient()
    .resize({ width: LARGE, height: LARGE, fit: 'cover' })
    .webp(WEBP)
    .timeout({ seconds: SECONDS_MAX })
    .toBuffer();
  const small = await sharp(large).resize(SMALL, SMALL).webp(WEBP).toBuffer();
  return { large, small };
}

async function decodeEmoji(image: Buffer): Promise<Squares | null> {
  const sharp = await loadDecoder();
  const { pages = 1, width, height } = await sharp(image, INPUT).metadata();
  if (pages > LIMITS.emojiFrames || width * height * pages > PIXELS_MAX) return null;
  const encoded = (size: number, animated: boolean) =>
    sharp(image, { ...INPUT, animated })
      .autoOrient()
      .resize({ width: size, height: size, fit: 'contain', background: TRANSPARENT })
      .webp(WEBP)
      .timeout({ seconds: SECONDS_MAX })
      .toBuffer();
  const large = await encoded(EMOJI_SIZE, pages > 1);
  if (large.length > LIMITS.emojiBytes) return null;
  return { large, small: await encoded(SMALL, false) };
}
