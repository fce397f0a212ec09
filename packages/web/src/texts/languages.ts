/// <reference path="./rest.d.ts" />

import type { Translation } from './keys.ts';

/** A language that the web client is available in. */
interface Language {
  /** Its name in the language itself, so that its speakers find it whatever language is shown. */
  readonly name: string;
  readonly direction: 'ltr' | 'rtl';
  /**
   * Loads the texts of the first conversation, a separate script, so that no one downloads languages that they don’t
   * use. The build puts all others into a second one (`split-texts.ts`).
   */
  readonly load: () => Promise<Translation>;
  /** Loads all other texts. */
  readonly loadRest: () => Promise<Translation>;
}

/** The languages, by their tag (BCP 47). */
export const LANGUAGES = {
  en: {
    name: 'English',
    direction: 'ltr',
    load: async () => ({ texts: (await import('./en.ts')).en }),
    loadRest: async () => ({ texts: (await import('./en.ts?rest')).en }),
  },
  de: {
    name: 'Deutsch',
    direction: 'ltr',
    load: async () => (await import('./de.ts')).de,
    loadRest: async () => (await import('./de.ts?rest')).de,
  },
  ar: {
    name: 'العربية',
    direction: 'rtl',
    load: async () => (await import('./ar.ts')).ar,
    loadRest: async () => (await import('./ar.ts?rest')).ar,
  },
  es: {
    name: 'Español',
    direction: 'ltr',
    load: async () => (await import('./es.ts')).es,
    loadRest: async () => (await import('./es.ts?rest')).es,
  },
} as const satisfies Record<string, Language>;

/** The tag of a language that the web client is available in. */
export type LanguageTag = keyof typeof LANGUAGES;

const isAvailable = (tag: string | null): tag is LanguageTag =>
  tag !== null && Object.hasOwn(LANGUAGES, tag);

const KEY = 'parley.language';

/** Returns the language chosen on this device; null for the language of the browser. */
export function chosenLanguage(): LanguageTag | null {
  try {
    const tag = localStorage.getItem(KEY);
    return isAvailable(tag) ? tag : null;
  } catch {
    // Storage is disabled, or this is not a browser.
    return null;
  }
}

/** Stores the language chosen on this device; null for the language of the browser. */
export function chooseLanguage(tag: string | null): void {
  if (isAvailable(tag)) localStorage.setItem(KEY, tag);
  else localStorage.removeItem(KEY);
}

/** Calls a listener when another tab of this browser has chosen a language, until the returned function is called. */
export function onChosenElsewhere(listener: () => void): () => void {
  const onStorage = ({ key }: StorageEvent) => {
    if (key === KEY) listener();
  };
  window.addEventListener('storage', onStorage);
  return () => window.removeEventListener('storage', onStorage);
}

/** Returns the first language of the list that the web client is available in; English without one. */
export function firstAvailable(tags: readonly string[]): LanguageTag {
  return tags.map(languageOf).find(isAvailable) ?? 'en';
}

/** Returns the language of a locale: `de` for `de-AT`. */
export const languageOf = (tag: string): string => tag.split('-')[0]?.toLowerCase() ?? tag;
