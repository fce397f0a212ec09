import { languageOf } from './texts.ts';

/** Longer headers are not needed: browsers send a few tags. */
const HEADER_MAX = 500;

/**
 * Returns the preferred locale of an Accept-Language header (RFC 9110) in a language that the
 * server has; null if there is none.
 */
export function preferredLocale(header: string | undefined): string | null {
  const ranges = (header ?? '')
    .slice(0, HEADER_MAX)
    .split(',')
    .flatMap((part) => {
      const [tag = '', parameter = 'q=1'] = part.split(';').map((text) => text.trim());
      const quality = Number(parameter.replace(/^q=/i, ''));
      return languageOf(tag) !== null && quality > 0 ? [{ tag, quality }] : [];
    })
    .sort((a, b) => b.quality - a.quality);
  for (const { tag } of ranges) {
    try {
      return Intl.getCanonicalLocales(tag)[0] ?? null;
    } catch {
      // Not a well-formed tag.
    }
  }
  return null;
}
