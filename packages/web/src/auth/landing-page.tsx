import { Link } from '@tanstack/react-router';
import { ListOrdered, Server, ShieldCheck } from 'lucide-react';
import type { ReactNode } from 'react';
import { t } from '../texts/index.ts';
import { Logo } from '../ui/logo.tsx';
import { usePageTitle } from '../ui/page-title.tsx';
import { ChatPreview } from './chat-preview.tsx';
import { LanguageMenu } from './language-menu.tsx';
import { useAuthOptions } from './use-auth-options.ts';

/** Introduces Parley to visitors who are not logged in. */
export function LandingPage() {
  usePageTitle(t('landing.headline'));
  const options = useAuthOptions();
  const open = options?.registration !== 'closed';
  return (
    <div className="flex min-h-dvh flex-col bg-sidebar">
      <header className="mx-auto flex w-full max-w-6xl items-center gap-3 px-5 pt-[max(1rem,env(safe-area-inset-top))] pb-4 sm:px-8">
        <span className="flex flex-1 items-center gap-3 font-semibold text-lg">
          <Logo size={34} /> <bdi>{options?.name ?? 'Parley'}</bdi>
        </span>
        <a
          href="/docs"
          className="hidden rounded-lg px-3 py-2.5 text-sm text-soft hover:bg-hover sm:block"
        >
          {t('common.apiReference')}
        </a>
        <Link to="/login" className={PLAIN}>
          {t('common.logIn')}
        </Link>
      </header>
      <main
        id="content"
        tabIndex={-1}
        className="outline-none mx-auto grid w-full max-w-6xl flex-1 content-center items-center gap-x-16 gap-y-10 px-5 py-8 sm:px-8 lg:grid-cols-[1.1fr_1fr]"
      >
        <div>
          <h1 className="text-balance font-semibold text-4xl leading-[1.12] tracking-tight sm:text-5xl">
            {t('landing.headline')}
          </h1>
          <p className="mt-5 max-w-xl text-lg text-muted leading-relaxed">{t('landing.promise')}</p>
          <div className="mt-8 flex flex-wrap gap-3">
            {open && (
              <Link
                to="/register"
                className="inline-flex min-h-12 items-center rounded-xl bg-accent px-6 font-medium text-on-accent transition-colors hover:bg-accent-strong"
              >
                {t('common.createAnAccount')}
              </Link>
            )}
            <Link
              to="/login"
              className={
                open
                  ? 'inline-flex min-h-12 items-center rounded-xl border border-edge bg-raised px-6 font-medium transition-colors hover:bg-hover'
                  : 'inline-flex min-h-12 items-center rounded-xl bg-accent px-6 font-medium text-on-accent transition-colors hover:bg-accent-strong'
              }
            >
              {t('common.logIn')}
            </Link>
          </div>
        </div>
        <div className="hidden lg:block">
          <ChatPreview />
        </div>
        <ul className="grid gap-x-10 gap-y-5 border-line border-t pt-8 sm:grid-cols-3 lg:col-span-2">
          <Point icon={<ShieldCheck size={20} />} title={t('landing.noLossTitle')}>
            {t('landing.noLoss')}
          </Point>
          <Point icon={<ListOrdered size={20} />} title={t('landing.orderTitle')}>
            {t('landing.order')}
          </Point>
          <Point icon={<Server size={20} />} title={t('landing.dataTitle')}>
            {t('landing.data')}
          </Point>
        </ul>
      </main>
      <footer className="mx-auto w-full max-w-6xl px-5 pb-6 sm:px-8">
        <div className="-ms-2.5">
          <LanguageMenu />
        </div>
      </footer>
    </div>
  );
}

const PLAIN =
  'inline-flex min-h-10 pointer-coarse:min-h-11 items-center rounded-lg border border-edge bg-raised px-4 font-medium text-sm transition-colors hover:bg-hover';

function Point({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <li className="flex gap-3.5">
      <span className="mt-0.5 text-accent">{icon}</span>
      <span>
        <span className="block font-semibold">{title}</span>
        <span className="mt-1 block text-muted text-sm leading-relaxed">{children}</span>
      </span>
    </li>
  );
}
