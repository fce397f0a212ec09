import { Compass } from 'lucide-react';
import { t } from '../texts/index.ts';
import { buttonStyle } from '../ui/button-style.ts';
import { usePageTitle } from '../ui/page-title.tsx';

/** The page for an unknown path, and for pages that the account may not see. */
export function NotFound() {
  usePageTitle(t('notFound.title'));
  return (
    <div className="flex min-h-[80dvh] flex-col items-center justify-center gap-3 p-6 text-center">
      <span className="flex size-16 items-center justify-center rounded-2xl bg-accent-soft text-accent-strong">
        <Compass size={30} />
      </span>
      <h1 className="mt-1 font-semibold text-2xl">{t('notFound.title')}</h1>
      <p className="max-w-xs text-muted">{t('notFound.intro')}</p>
      <a href="/" className={`${buttonStyle('primary')} mt-2`}>
        {t('notFound.goHome')}
      </a>
    </div>
  );
}
