import { setImmediate } from 'node:timers/promises';
import { MIMEType } from 'node:util';
import { LIMITS } from '@parley/protocol';
import type { Fetched } from './fetcher.ts';

/** The metadata of a page, as plain text. */
export interface PageMetadata {
  readonly title?: string;
  readonly description?: string;
  readonly siteName?: string;
  /** The address of its image. */
  readonly image?: string;
}

/** The names of `meta` elements that are read, the most specific of each fact first. */
const NAMES = {
  title: ['og:title', 'twitter:title'],
  description: ['og:description', 'twitter:description', 'description'],
  siteName: ['og:site_name', 'application-name'],
  image: ['og:image:secure_url', 'og:image:url', 'og:image', 'twitter:image', 'twitter:image:src'],
} as const;
const KNOWN: ReadonlySet<string> = new Set(Object.values(NAMES).flat());
/** Bytes in which a page names its encoding (HTML, 13.2.3.2). */
const ENCODING_BYTES = 1_024;
/** A character that can be seen; U+2800 is a blank of Braille. */
const VISIBLE = /[^\s\p{Default_Ignorable_Code_Point}\u2800]/u;
/** Characters of a value that are processed. */
const VALUE_MAX = 4_000;
/**
 * Open elements above which the rest of a page is not parsed. The parser searches all of them at
 * each end tag: a hostile page of 1 MiB would block this process for minutes.
 */
const DEPTH_MAX = 256;
/** Characters parsed before the depth is checked and the event loop gets its turn. */
const PIECE = 4 * 1024;
const TURN = 16 * PIECE;

/** Returns the metadata of a page; null if there is none. */
export async function metadataOf(page: Fetched): Promise<PageMetadata | null> {
  const { Parser } = await import('htmlparser2');
  const values = new Map<string, string>();
  let title: string | null = null;
  let isInTitle = false;
  let hidden = 0;
  let depth = 0;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        depth++;
        if (name === 'svg') hidden++;
        if (name === 'title' && title === null && hidden === 0) {
          isInTitle = true;
          title = '';
        }
        if (name !== 'meta') return;
        const key = (attributes.property ?? attributes.name ?? '').toLowerCase();
        const value = attributes.content?.slice(0, VALUE_MAX);
        if (value !== undefined && KNOWN.has(key) && !values.has(key)) values.set(key, value);
      },
      ontext(text) {
        if (isInTitle && title !== null && title.length < VALUE_MAX) title += text;
      },
      onclosetag(name) {
        depth--;
        if (name === 'svg') hidden--;
        if (name === 'title') isInTitle = false;
      },
    },
    { decodeEntities: true, lowerCaseAttributeNames: true },
  );
  const text = await textOf(page);
  for (let at = 0; at < text.length && depth <= DEPTH_MAX; at += PIECE) {
    if (at > 0 && at % TURN === 0) await setImmediate();
    parser.write(text.slice(at, at + PIECE));
  }
  if (depth <= DEPTH_MAX) parser.end();
  const first = (names: readonly string[]) =>
    names.map((name) => values.get(name) ?? '').find((value) => plainText(value, 1) !== '') ?? '';
  const image = imageOf(first(NAMES.image), page.url);
  const texts = {
    title: plainText(first(NAMES.title) || (title ?? ''), LIMITS.previewTitleCharacters),
    description: plainText(first(NAMES.description), LIMITS.previewDescriptionCharacters),
    siteName: plainText(first(NAMES.siteName), LIMITS.previewSiteCharacters),
  };
  const present = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''));
  // A description or an image without a title says too little of a page.
  if (texts.title === '') return null;
  return { ...present, ...(image !== null && { image }) };
}

function imageOf(url: string, base: URL): string | null {
  const text = url.trim();
  return text !== '' && URL.canParse(text, base.href) ? new URL(text, base).href : null;
}

/**
 * Returns a text on one line, with at most this many characters, without control characters,
 * characters that reorder the text around them, and half surrogate pairs. Empty if nothing in it is
 * visible.
 */
export function plainText(text: string, max: number): string {
  const words = text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029\ufffd]/gu, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
  if (!VISIBLE.test(words)) return '';
  const characters = [...words.slice(0, 2 * max + 2)];
  return characters.length > max
    ? `${characters
        .slice(0, max - 1)
        .join('')
        .trimEnd()}…`
    : words;
}

/** Decodes a page by the encoding that its headers or it itself name; UTF-8 if that is none. */
async function textOf({ bytes, contentType }: Fetched): Promise<string> {
  const label = charsetOf(contentType) ?? (await namedEncoding(bytes)) ?? 'utf-8';
  try {
    return new TextDecoder(label).decode(bytes);
  } catch (error) {
    // There is no such encoding.
    if (error instanceof RangeError) return new TextDecoder().decode(bytes);
    throw error;
  }
}

function charsetOf(contentType: string): string | null {
  try {
    return new MIMEType(contentType).params.get('charset');
  } catch {
    // Not a media type: the page may name its encoding itself.
    return null;
  }
}

/** Returns the encoding that a `meta` element at the start of a page names. */
async function namedEncoding(bytes: Buffer): Promise<string | null> {
  const { Parser } = await import('htmlparser2');
  let charset: string | null = null;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name !== 'meta' || charset !== null) return;
      const declared = attributes['http-equiv']?.toLowerCase() === 'content-type';
      charset = attributes.charset ?? (declared ? charsetOf(attributes.content ?? '') : null);
    },
  });
  parser.end(bytes.subarray(0, ENCODING_BYTES).toString('latin1'));
  return charset;
}
