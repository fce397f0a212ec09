import i18next from 'i18next';
import { ar } from './ar.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import type { TextArguments, TextKey } from './keys.ts';

/** The catalogs by tag (BCP 47), with the direction of each language. */
export const LANGUAGES = {
  en: { catalog: en, direction: 'ltr' },
  de: { catalog: de, direction: 'ltr' },
  es: { catalog: es, direction: 'ltr' },
  ar: { catalog: ar, direction: 'rtl' },
} as const;

/** A language that the server has texts in. */
export type Language = keyof typeof LANGUAGES;

/** The texts in one language. */
export interface Texts {
  readonly language: Language;
  readonly direction: 'ltr' | 'rtl';
  /** The locale for dates: a regional variant of the language. */
  readonly locale: string;
  /** Returns the text of a key, with the values inserted as they are. */
  t<K extends TextKey>(key: K, ...values: TextArguments<K>): string;
}

const isLanguage = (tag: string): tag is Language => Object.hasOwn(LANGUAGES, tag);

/** Returns the language of a locale such as `de-AT`; null if the server does not have it. */
export function languageOf(locale: string): Language | null {
  const [tag = ''] = locale.toLowerCase().split('-');
  return isLanguage(tag) ? tag : null;
}

const instances = Object.fromEntries(
  Object.entries(LANGUAGES).map(([tag, { catalog, direction }]) => {
    const instance = i18next.createInstance();
    void instance.init({
      initAsync: false,
      lng: tag,
      resources: { [tag]: { translation: catalog } },
      nsSeparator: false,
      // HTML is escaped where it is generated; the escaping hook of i18next isolates values
      // instead.
      interpolation: { escapeValue: direction === 'rtl', escape: isolated },
    });
    return [tag, instance];
  }),
);

/**
 * Returns the texts in the language of a locale; in English if it is null or the language is
 * unknown.
 */
export function textsFor(locale: string | null): Texts {
  const matched = locale === null ? null : languageOf(locale);
  const language = matched ?? 'en';
  return {
    language,
    direction: LANGUAGES[language].direction,
    // English dates without a region would have the US order.
    locale: matched === null || locale === null || locale === 'en' ? 'en-GB' : locale,
    t: (key, ...values) => instances[language]?.t(key, values[0] ?? {}) ?? key,
  };
}

/**
 * Surrounds a value with Unicode characters that isolate its direction from the surrounding text.
 * URLs are left as they are: email clients would make the characters part of the link.
 */
function isolated(value: string): string {
  return /^https?:\/\//.test(value) ? value : `\u2068${value}\u2069`;
}
