import { once } from '../lib/once.ts';
import type { ErrorTexts, TextArguments, TextKey, Translation } from './keys.ts';
import { chosenLanguage, firstAvailable, LANGUAGES, languageOf } from './languages.ts';
import { insertValues, type ValueFormat, type Values } from './template.ts';

const shownLanguage = () => chosenLanguage() ?? firstAvailable(preferredLanguages());

/** The language of the web client: the one chosen on this device, or one that the browser prefers. */
export const language = shownLanguage();

/**
 * Returns the locale of the language that is shown after the page is loaded again: the regional variant that the
 * browser prefers.
 */
export function shownLocale(): string {
  const language = shownLanguage();
  return preferredLanguages().find((tag) => languageOf(tag) === language) ?? language;
}

/** The locale for dates, numbers and lists, so that a sentence never contains a date of another language. */
export const locale: string = shownLocale();

/** The direction in which the language is written. */
export const direction: 'ltr' | 'rtl' = LANGUAGES[language].direction;

/** The numbers and values of texts. Making a formatter takes longer than using it. */
const numberFormat = once(() => new Intl.NumberFormat(locale));
const pluralRules = once(() => new Intl.PluralRules(locale));
const valueFormat: ValueFormat = {
  number: (value) => numberFormat().format(value),
  value: direction === 'rtl' ? isolate : (text) => text,
};

/** The texts of the language, by section and name. */
let catalog: Readonly<Record<string, SectionTexts | string | undefined>> = {};
type SectionTexts = Readonly<Record<string, string | undefined>>;

/** English shows what the server says. */
const NO_ERRORS: Partial<ErrorTexts> = {};

let problems: Readonly<Record<string, string>> | undefined;
let fields: Readonly<Record<string, string>> | undefined;
let otherField: string | undefined;

/** Loads the texts of the language and marks the document as written in it, before anything is shown. */
export async function loadTexts(): Promise<void> {
  const translation: Translation = await LANGUAGES[language].load();
  catalog = translation.texts;
  ({ problems, fields, otherField } = translation.errors ?? NO_ERRORS);
  if (typeof document === 'undefined') return;
  document.documentElement.lang = locale;
  document.documentElement.dir = direction;
}

/**
 * Returns the text of a key in the language of the web client, with the values inserted. Call it while
 * rendering, never once when a module is loaded.
 */
export function t<K extends TextKey>(key: K, ...values: TextArguments<K>): string {
  const inserted: Values | undefined = values[0];
  if (inserted === undefined) return templateOf(key);
  return withValues(templateOf(key, inserted.count), inserted);
}

/**
 * Returns the text of a key as it is in the catalog, in the plural form for `count`. Only for {@link t} and `RichText`,
 * which insert the values.
 */
export function templateOf(key: TextKey, count?: string | number): string {
  const [section = '', name = ''] = key.split('.');
  const found = own(catalog, section);
  const texts = typeof found === 'object' ? found : {};
  const plural =
    typeof count === 'number' ? texts[`${name}_${pluralRules().select(count)}`] : undefined;
  return plural ?? own(texts, name) ?? key;
}

/** Returns a text of the catalog, or a part of it, with its values inserted. */
export const withValues = (text: string, values: Values): string =>
  insertValues(text, values, valueFormat);

/**
 * Returns the text for a refusal of the server. The server writes English, and says more in it than the
 * code does; in other languages the code decides.
 */
export function refusalText(refusal: { readonly code: string; readonly message: string }): string {
  if (problems === undefined) return refusal.message;
  return own(problems, refusal.code) ?? t('errors.unknown');
}

/** Returns the text for what is wrong with a field, as {@link refusalText} does. */
export function fieldText(error: { readonly code: string; readonly message: string }): string {
  if (fields === undefined || problems === undefined) return error.message;
  return own(fields, error.code) ?? own(problems, error.code) ?? otherField ?? error.message;
}

// Codes, and parts of some keys, come from the server, which may be newer.
const own = <T>(texts: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(texts, key) ? texts[key] : undefined;

/**
 * Surrounds a value with the characters of Unicode that keep its direction apart from the text around it:
 * a Latin name would otherwise change the order of the words and punctuation of an Arabic sentence.
 */
function isolate(value: string): string {
  return `\u2068${value}\u2069`;
}

/** Node.js 20 has no navigator. */
function preferredLanguages(): readonly string[] {
  return globalThis.navigator?.languages ?? [];
}
