import { count, Timestamp } from './bounds.ts';
import { FileId } from './ids.ts';
import { LIMITS } from './limits.ts';
import { z } from './z.ts';

/** Files as the API and the events describe them. */

/**
 * A file that was uploaded completely. `mediaType` follows from its content. Images of which the server
 * has a preview have a size, as they are shown, and a blurhash.
 */
export const Attachment = z
  .object({
    id: FileId,
    name: z.string(),
    mediaType: z.string(),
    bytes: count(),
    width: count(1).optional(),
    height: count(1).optional(),
    blurhash: z.string().optional(),
  })
  .meta({
    id: 'Attachment',
    examples: [
      {
        id: '01890a5d-ac96-774b-bcce-b302099a8057',
        name: 'plan.png',
        mediaType: 'image/png',
        bytes: 48_213,
        width: 1280,
        height: 720,
        blurhash: 'LEHV6nWB2yk8pyo0adR*.7kCMdnj',
      },
    ],
  });
export type Attachment = z.infer<typeof Attachment>;

/**
 * The metadata of a page that a message links to. All of it is text from that page, to be shown as
 * plain text; the image is a file of this server.
 */
export const LinkPreview = z
  .object({
    /** The URL as in the message. */
    url: z.string(),
    title: z.string().optional(),
    description: z.string().optional(),
    siteName: z.string().optional(),
    image: Attachment.optional(),
  })
  .meta({
    id: 'LinkPreview',
    examples: [
      {
        url: 'https://example.org/release',
        title: 'Release 4.2',
        description: 'What is new',
        siteName: 'Example',
      },
    ],
  });
export type LinkPreview = z.infer<typeof LinkPreview>;

/** The files of a new message, in order: uploaded by its author, each once. */
export const AttachmentIds = z
  .array(FileId)
  .min(1)
  .max(LIMITS.attachmentsPerMessage)
  .refine((ids) => new Set(ids).size === ids.length, 'Attach each file only once');

/** Requests the links of files: their ids, separated by commas. */
export const FileLinksQuery = z.object({
  files: z
    .string()
    .max(2_000)
    .transform((text) => text.split(','))
    .pipe(z.array(FileId).min(1).max(50)),
});

/** Links with which a browser loads a file without a token, until they expire. */
export const FileLinks = z
  .object({
    file: FileId,
    url: z.string(),
    /** Null if the file has no preview. */
    previewUrl: z.string().nullable(),
    expiresAt: Timestamp,
  })
  .meta({ id: 'FileLinks' });
export type FileLinks = z.infer<typeof FileLinks>;

/** The links of the files that the account may read, in the order of the request. */
export const FileLinksAnswer = z.object({ items: z.array(FileLinks) });
export type FileLinksAnswer = z.infer<typeof FileLinksAnswer>;

/**
 * With `download` the browser saves the file instead of showing it; the other parameters are from a
 * link.
 */
export const FileContentQuery = z.object({
  download: z.literal('1').optional(),
  token: z.string().max(500).optional(),
});
