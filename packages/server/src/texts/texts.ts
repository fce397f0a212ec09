import i18next from 'i18next';
import { ar } from './ar.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import type { TextArguments, TextKey } from './keys.ts';

/** The catalogues by their tag (BCP 47), and how each language is written. */
export const LANGUAGES = {
  en: { catalogue: en, direction: 'ltr' },
  de: { catalogue: de, direction: 'ltr' },
  es: { catalogue: es, direction: 'ltr' },
  ar: { catalogue: ar, direction: 'rtl' },
} as const;

/** A language that the server writes. */
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
  Object.entries(LANGUAGES).map(([tag, { catalogue, direction }]) => {
    const instance = i18next.createInstance();
    void instance.init({
      initAsync: false,
      lng: tag,
      resources: { [tag]: { translation: catalogue } },
      nsSeparator: false,
      // HTML is escaped where it is made, so that i18next’s escaping is free to isolate values.
      interpolation: { escapeValue: direction === 'rtl', escape: isolated },
    });
    return [tag, instance];
  }),
);

/** Returns the texts in the language of a locale; in English if there is none, or not in its language. */
export function textsFor(locale: string | null): Texts {
  const found = locale === null ? null : languageOf(locale);
  const language = found ?? 'en';
  return {
    language,
    direction: LANGUAGES[language].direction,
    // English dates without a region have the order of the United States.
    locale: found === null || locale === null || locale === 'en' ? 'en-GB' : locale,
    t: (key, ...values) => instances[language]?.t(key, values[0] ?? {}) ?? key,
  };
}

/**
 * Surrounds a value with the characters of Unicode that keep its direction apart from the text around it. URLs stay
 * bare: email clients would take the characters for a part of the link.
 */
function isolated(value: string): string {
  return /^https?:\/\//.test(value) ? value : `\u2068${value}\u2069`;
}
