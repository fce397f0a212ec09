import { open } from 'node:fs/promises';
import { TextDecoder } from 'node:util';

/** Bytes at the start of a file that decide whether it is text. */
const SAMPLE = 64 * 1024;
const BINARY = 'application/octet-stream';

/** Types that a browser may show in place, in a sandbox and without sniffing: they cannot have scripts. */
const INLINE = new Set([
  'image/png',
  'image/apng',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'audio/mpeg',
  'audio/ogg',
  'audio/wav',
  'audio/x-flac',
  'audio/aac',
  'audio/x-m4a',
  'video/mp4',
  'video/webm',
]);

/**
 * Returns the media type of a file by its content, never by its name. Text formats have no
 * signature, so all text is text/plain, including HTML, XML and SVG.
 */
export async function mediaTypeOf(path: string): Promise<string> {
  const { fileTypeFromFile } = await import('file-type');
  const detected = await fileTypeFromFile(path).catch(() => undefined);
  if (detected) return isMarkup(detected.mime) ? 'text/plain' : detected.mime;
  return (await isText(path)) ? 'text/plain' : BINARY;
}

/**
 * Returns the media type with which file content is sent: octets for types that a browser might run as
 * a page.
 */
export function servedType(mediaType: string): string {
  if (mediaType === 'text/plain') return 'text/plain; charset=utf-8';
  return isMarkup(mediaType) ? BINARY : mediaType;
}

/** Returns whether a browser may show a file of this type in place. */
export const isInline = (mediaType: string): boolean => INLINE.has(mediaType);

const isMarkup = (mediaType: string): boolean => /html|xml|svg|javascript/.test(mediaType);

async function isText(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(SAMPLE) });
    const sample = buffer.subarray(0, bytesRead);
    if (sample.includes(0)) return false;
    // The sample may end within a character.
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: bytesRead === SAMPLE });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  } finally {
    await file.close();
  }
}
