import { TextDecoder } from 'node:util';
import { textOfPdf } from './pdf-text.ts';

/** The media types whose text is read, with the maximum bytes read; PDFs are needed completely. */
const BYTES_MAX: Readonly<Record<string, number>> = {
  'text/plain': 1024 * 1024,
  'application/pdf': 32 * 1024 * 1024,
};
/** Characters kept from the beginning of a text. */
export const TEXT_MAX = 128 * 1024;

/**
 * Returns how many bytes to read from the beginning of a file to get its text; 0 if it has none.
 */
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

/**
 * Returns the text without control characters and redundant spaces, so that PostgreSQL can store
 * it.
 */
const cleaned = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are removed
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
    .replace(/[ \t\u00a0]{2,}/g, ' ')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
