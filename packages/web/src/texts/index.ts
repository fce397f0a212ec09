import i18next, { type i18n as Instance } from 'i18next';
import { en } from './en.ts';
import type { TextArguments, TextKey } from './keys.ts';

/** The catalogues, by language. Each has the keys of the English one. */
const CATALOGUES = { en };

/** The language of the web client. */
export const language = 'en';

/**
 * The locale for dates, numbers and lists: the regional variant of the language that the browser
 * prefers, so that an English sentence never contains a date of another language.
 */
export const locale: string = preferred().find((tag) => tag.split('-')[0] === language) ?? language;

/** The instance behind {@link t}; for `RichText` alone, because its own types do not check values. */
export const i18n: Instance = i18next.createInstance();

// Everything is compiled in, so this completes before it returns: no request, no loading state.
void i18n.init({
  initAsync: false,
  lng: locale,
  fallbackLng: language,
  supportedLngs: Object.keys(CATALOGUES),
  nonExplicitSupportedLngs: true,
  resources: Object.fromEntries(
    Object.entries(CATALOGUES).map(([name, texts]) => [name, { translation: texts }]),
  ),
  // React escapes what it renders.
  nsSeparator: false,
  interpolation: { escapeValue: false },
});

/**
 * Returns the text of a key in the language of the web client, with the values inserted. Call it while
 * rendering, never once when a module is loaded.
 */
export function t<K extends TextKey>(key: K, ...values: TextArguments<K>): string {
  return i18n.t(key, values[0] ?? {});
}

/** Node.js 20 has no navigator. */
function preferred(): readonly string[] {
  return globalThis.navigator?.languages ?? [];
}
