import type { Refusal } from '@parley/protocol';
import { useEffect, useState, useSyncExternalStore } from 'react';
import {
  changeLanguage,
  language,
  loadRestOfTexts,
  onLanguage,
  refusalText,
  shownLanguage,
} from './index.ts';
import { type LanguageTag, onChosenElsewhere } from './languages.ts';

/** Returns the language of the web client, and renders the component again when it changes. */
export const useLanguage = (): LanguageTag => useSyncExternalStore(onLanguage, () => language);

/** Shows the language that is chosen in another tab of this browser. One that cannot be loaded is shown at the next start. */
export function useLanguageOfOtherTabs(): void {
  useEffect(
    () =>
      onChosenElsewhere(() => {
        changeLanguage(shownLanguage()).catch((error: unknown) =>
          console.warn('Language not loaded:', error),
        );
      }),
    [],
  );
}

/** Returns the text for a refusal; undefined until the texts of refusals are loaded, and without a refusal. */
export function useRefusalText(refusal: Refusal | undefined): string | undefined {
  const [isLoaded, setLoaded] = useState(false);
  const isNeeded = refusal !== undefined;
  useEffect(() => {
    if (!isNeeded) return;
    let isStale = false;
    const show = () => {
      if (!isStale) setLoaded(true);
    };
    // Without the texts it is shown as the server wrote it.
    loadRestOfTexts().then(show, show);
    return () => {
      isStale = true;
    };
  }, [isNeeded]);
  return refusal && isLoaded ? refusalText(refusal) : undefined;
}
