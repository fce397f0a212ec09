import { TextDecoder } from 'node:util';
import { textOfPdf } from './pdf-text.ts';

/** Files whose text is read, with the most bytes that are read of each: of a PDF all of it is needed. */
const BYTES_MAX: Readonly<Record<string, number>> = {
  'text/plain': 1024 * 1024,
  'application/pdf': 32 * 1024 * 1024,
};
/** Characters of a text that are kept, from its beginning. */
export const TEXT_MAX = 128 * 1024;

/** Returns how many bytes from the beginning the text of a file is read from; 0 if it has no text to read. */
export function bytesForText(mediaType: string, bytes: number): number {
  const max = BYTES_MAX[mediaType] ?? 0;
  if (mediaType === 'application/pdf' && bytes > max) return 0;
  return Math.min(bytes, max);
}

/**
 * Returns the beginning of the text of a file; empty if it has none.
 * @throws if it is damaged, or exceeds a bound
 */
export async function textOfFile(mediaType: string, content: Buffer): Promise<string> {
  const text =
    mediaType === 'application/pdf'
      ? await textOfPdf(content, TEXT_MAX)
      : // The last character may be cut.
        new TextDecoder('utf-8').decode(content, { stream: true });
  return cleaned(text).slice(0, TEXT_MAX);
}

/** Returns a text that the database can store, without control characters and superfluous spaces. */
const cleaned = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are removed
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
    .replace(/[ \t\u00a0]{2,}/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
