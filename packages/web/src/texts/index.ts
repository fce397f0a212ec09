import i18next, { type i18n as Instance } from 'i18next';
import type { TextArguments, TextKey, Translation } from './keys.ts';
import {
  chosenLanguage,
  firstAvailable,
  LANGUAGES,
  type LanguageTag,
  languageOf,
} from './languages.ts';

/** Returns the language that the client is to be shown in: the one chosen on this device, or one that the browser prefers. */
export const shownLanguage = (): LanguageTag =>
  chosenLanguage() ?? firstAvailable(preferredLanguages());

/** The language of the web client. */
export let language = shownLanguage();

/** Returns the locale of {@link shownLanguage}: the regional variant that the browser prefers. */
export const shownLocale = (): string => localeOf(shownLanguage());

const localeOf = (language: LanguageTag): string =>
  preferredLanguages().find((tag) => languageOf(tag) === language) ?? language;

/** The locale for dates, numbers and lists, so that a sentence never contains a date of another language. */
export let locale: string = shownLocale();

/** The direction in which the language is written. */
export let direction: 'ltr' | 'rtl' = LANGUAGES[language].direction;

/** The instance behind {@link t}; for `RichText` alone, because its own types do not check values. */
export let i18n: Instance = instanceOfLanguage();

function instanceOfLanguage(): Instance {
  const instance = i18next.createInstance();
  void instance.init({
    initAsync: false,
    lng: locale,
    fallbackLng: language,
    supportedLngs: Object.keys(LANGUAGES),
    nonExplicitSupportedLngs: true,
    resources: {},
    nsSeparator: false,
    // React escapes what it renders, so that i18next’s escaping is free to isolate values.
    interpolation: { escapeValue: direction === 'rtl', escape: isolate },
  });
  instance.services.formatter?.add('number', (value: number) => numberFormat().format(value));
  return instance;
}

/** Returns a function that makes a value when it is first called in a locale, and returns that value from then on. */
export function perLocale<T extends object>(make: () => T): () => T {
  let made: { readonly locale: string; readonly value: T } | undefined;
  return () => {
    if (made?.locale !== locale) made = { locale, value: make() };
    return made.value;
  };
}

/** Numbers in texts. i18next would make a formatter for each of them, which takes longer than all the rest of a text. */
const numberFormat = perLocale(() => new Intl.NumberFormat(locale));

/** The texts without values that were shown: the rows of a list show the same ones. */
const fixedTexts = new Map<string, string>();
/** Texts with values that were shown, by their key and values: a page that is opened again shows many of them again. */
const shownTexts = new Map<string, string>();
const SHOWN_MAX = 500;

let problems: Readonly<Record<string, string>> | undefined;
let fields: Readonly<Record<string, string>> | undefined;
let otherField: string | undefined;

/**
 * Loads the texts of the language that a conversation shows first, and marks the document as written in it, before
 * anything is shown.
 */
export async function loadTexts(): Promise<void> {
  add(await LANGUAGES[language].load());
  markDocument();
}

const listeners = new Set<() => void>();

/** Calls a listener after each change of the language, until the returned function is called. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Counts changes of the language: of several at once, the last one counts. */
let changes = 0;

/**
 * Changes the language without loading the page again: components that use `useLanguage` are rendered again, such as
 * all pages before login and the settings.
 */
export async function changeLanguage(tag: LanguageTag): Promise<void> {
  const change = ++changes;
  const [first, others] = await Promise.all([LANGUAGES[tag].load(), LANGUAGES[tag].loadRest()]);
  // Another language was chosen meanwhile.
  if (change !== changes) return;
  language = tag;
  locale = localeOf(tag);
  direction = LANGUAGES[tag].direction;
  i18n = instanceOfLanguage();
  // English has none: the server writes it.
  problems = fields = otherField = undefined;
  add(first);
  add(others);
  rest = Promise.resolve();
  markDocument();
  for (const listener of listeners) listener();
}

/** Marks the document as written in the language. */
function markDocument(): void {
  if (typeof document === 'undefined') return;
  document.documentElement.lang = locale;
  document.documentElement.dir = direction;
}

let rest: Promise<void> | undefined;

/** Loads all other texts, which only parts that are loaded on demand show. */
export function loadRestOfTexts(): Promise<void> {
  rest ??= LANGUAGES[language]
    .loadRest()
    .then(add)
    .catch((error: unknown) => {
      rest = undefined;
      throw error;
    });
  return rest;
}

function add({ texts, errors }: Translation): void {
  i18n.addResourceBundle(language, 'translation', texts, true);
  fixedTexts.clear();
  shownTexts.clear();
  if (errors) ({ problems, fields, otherField } = errors);
}

/**
 * Returns the text of a key in the language of the web client, with the values inserted. Call it while
 * rendering, never once when a module is loaded.
 */
export function t<K extends TextKey>(key: K, ...values: TextArguments<K>): string {
  const [given] = values;
  const texts = given === undefined ? fixedTexts : shownTexts;
  const id = given === undefined ? key : key + JSON.stringify(given);
  const known = texts.get(id);
  if (known !== undefined) return known;
  const text = i18n.t(key, given ?? {});
  if (shownTexts.size >= SHOWN_MAX) shownTexts.clear();
  texts.set(id, text);
  return text;
}

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

// Codes come from the server, which may be newer.
const own = (texts: Readonly<Record<string, string>>, code: string): string | undefined =>
  Object.hasOwn(texts, code) ? texts[code] : undefined;

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
