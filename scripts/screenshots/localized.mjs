// Finds what pages.mjs names in English on pages that are in another language.
import { sourceOfCatalog, textsOf } from '../catalog-keys.mjs';

/** Makes the locators of a page take English texts of the catalog for those of a language. */
export function localize(page, language) {
  if (language === 'en') return;
  const texts = textsOf(sourceOfCatalog(language));
  const translations = new Map(
    [...textsOf(sourceOfCatalog('en'))].map(([key, text]) => [text, texts.get(key)]),
  );
  const translated = (text) => translations.get(text) ?? text;
  const { getByRole, getByLabel, getByText } = page;
  page.getByRole = (role, options = {}) =>
    getByRole.call(page, role, {
      ...options,
      ...(options.name && { name: translated(options.name) }),
    });
  page.getByLabel = (text, options) => getByLabel.call(page, translated(text), options);
  page.getByText = (text, options) => getByText.call(page, translated(text), options);
}
