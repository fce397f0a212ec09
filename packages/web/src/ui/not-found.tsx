import { Compass, Lock } from 'lucide-react';
import type { ReactNode } from 'react';
import { t } from '../texts/index.ts';
import { buttonStyle } from './button-style.ts';
import { usePageTitle } from './page-title.tsx';

/** The page for an unknown path. */
export function NotFound() {
  return (
    <NoPage icon={<Compass size={30} />} title={t('notFound.title')} intro={t('notFound.intro')} />
  );
}

/** The page for an unknown path outside of the layouts, which have a `main` element. */
export function NotFoundPage() {
  return (
    <main id="content" tabIndex={-1} className="outline-none">
      <NotFound />
    </main>
  );
}

/** Shown instead of a page of the administration to accounts that may not see it. */
export function AdminsOnly() {
  return (
    <NoPage
      icon={<Lock size={30} />}
      title={t('notFound.adminsOnly')}
      intro={t('notFound.adminsOnlyIntro')}
    />
  );
}

function NoPage({ icon, title, intro }: { icon: ReactNode; title: string; intro: string }) {
  usePageTitle(title);
  return (
    <div className="flex min-h-[80dvh] flex-col items-center justify-center gap-3 p-6 text-center">
      <span className="flex size-16 items-center justify-center rounded-2xl bg-accent-soft text-accent-strong">
        {icon}
      </span>
      <h1 className="mt-1 font-semibold text-2xl">{title}</h1>
      <p className="max-w-xs text-muted">{intro}</p>
      <a href="/" className={`${buttonStyle('primary')} mt-2`}>
        {t('notFound.goHome')}
      </a>
    </div>
  );
}
