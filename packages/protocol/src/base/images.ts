import { FileId } from './ids.ts';
import { z } from './z.ts';

/**
 * Avatars, the icon of the server and custom emoji: images that the server makes from uploaded
 * files.
 */

/** The widths and heights of an image, in pixels. */
export const IMAGE_SIZES = [64, 256] as const;
/** A width and height of an image, in pixels. */
export type ImageSize = (typeof IMAGE_SIZES)[number];

/** The source file of an image: uploaded by the caller, and in no message. */
export const SetImageBody = z.object({ file: FileId });
export type SetImageBody = z.infer<typeof SetImageBody>;

/** The size to send. The token is for browsers, which load an image by URL. */
export const ImageQuery = z.object({
  size: z.enum(['64', '256']).default('256'),
  token: z.string().max(500).optional(),
});

/** The token that browsers append to the URLs of images. */
export const ImageTokenAnswer = z
  .object({
    /** Valid until the session ends, for the images that the account may see. */
    token: z.string(),
  })
  .meta({ id: 'ImageToken' });
export type ImageTokenAnswer = z.infer<typeof ImageTokenAnswer>;
