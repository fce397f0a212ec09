import { ChevronDown, Globe } from 'lucide-react';
import { useId } from 'react';
import { language, t } from '../texts/index.ts';
import { chooseLanguage, LANGUAGES } from '../texts/languages.ts';

/**
 * Chooses the language of this device on the pages before login. A registration stores it as the locale of the account.
 * The page is loaded again in it; `fragment` is what the address then needs, if the page has removed it.
 */
export function LanguageMenu({ fragment = '' }: { fragment?: string | undefined }) {
  const id = useId();
  const choose = (tag: string) => {
    chooseLanguage(tag);
    if (fragment !== '') history.replaceState(history.state, '', `#${fragment}`);
    location.reload();
  };
  return (
    <div className="relative inline-flex items-center text-muted text-sm hover:text-ink">
      <Globe size={16} aria-hidden="true" className="pointer-events-none absolute start-2.5" />
      <label htmlFor={id} className="sr-only">
        {t('profile.language')}
      </label>
      <select
        id={id}
        defaultValue={language}
        onChange={(event) => choose(event.currentTarget.value)}
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
