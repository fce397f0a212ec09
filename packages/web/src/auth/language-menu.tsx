import { ChevronDown, Globe } from 'lucide-react';
import { useId } from 'react';
import { changeLanguage, t } from '../texts/index.ts';
import { chooseLanguage, LANGUAGES, type LanguageTag } from '../texts/languages.ts';
import { useLanguage } from '../texts/use-language.ts';

/**
 * Chooses the language of this device on the pages before login, which keep what was typed. A registration stores it as
 * the locale of the account. A language that cannot be loaded is shown at the next start.
 */
export function LanguageMenu() {
  const id = useId();
  const language = useLanguage();
  const choose = (tag: LanguageTag) => {
    chooseLanguage(tag);
    changeLanguage(tag).catch((error: unknown) => console.warn('Language not loaded:', error));
  };
  return (
    <div className="relative inline-flex items-center text-muted text-sm hover:text-ink">
      <Globe size={16} aria-hidden="true" className="pointer-events-none absolute start-2.5" />
      <label htmlFor={id} className="sr-only">
        {t('profile.language')}
      </label>
      <select
        id={id}
        value={language}
        onChange={(event) => choose(event.currentTarget.value as LanguageTag)}
        className="h-10 pointer-coarse:h-11 cursor-pointer appearance-none rounded-lg bg-transparent ps-9 pe-8 hover:bg-hover"
      >
        {Object.entries(LANGUAGES).map(([tag, { name }]) => (
          <option key={tag} value={tag} lang={tag}>
            {name}
          </option>
        ))}
      </select>
      <ChevronDown size={14} aria-hidden="true" className="pointer-events-none absolute end-2.5" />
    </div>
  );
}
