import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { useServerName } from '../session/server-name.ts';
import { t } from '../texts/index.ts';
import { Logo } from '../ui/logo.tsx';
import { usePageTitle } from '../ui/page-title.tsx';
import { ChatPreview } from './chat-preview.tsx';
import { LanguageMenu } from './language-menu.tsx';
import { usePrefetchedSession } from './prefetch-session.ts';
import { useAuthOptions } from './use-auth-options.ts';

/**
 * The layout of the pages before login: a description of Parley on wide screens, the form, and the choice of the
 * language.
 */
export function AuthPage({
  title,
  intro,
  children,
  other,
}: {
  title: string;
  intro: string;
  children: ReactNode;
  other: ReactNode;
}) {
  usePageTitle(title);
  usePrefetchedSession();
  const heading = useRef<HTMLHeadingElement>(null);
  // The form that had the focus is replaced by the next step, which has no field.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step has its own title
  useEffect(() => {
    if (document.activeElement === document.body) heading.current?.focus({ preventScroll: true });
  }, [title]);
  const storedName = useServerName();
  const serverName = useAuthOptions()?.name ?? storedName;
  return (
    <div className="grid min-h-dvh lg:grid-cols-[1.05fr_1fr]">
      <aside className="relative hidden flex-col justify-between gap-10 overflow-hidden border-line border-e bg-sidebar p-12 lg:flex">
        <Link to="/" className="flex items-center gap-3 self-start font-semibold text-lg">
          <Logo size={36} /> <bdi>{serverName}</bdi>
        </Link>
        <div className="max-w-md">
          <p className="text-balance font-semibold text-4xl leading-tight tracking-tight">
            {t('landing.headline')}
          </p>
          <p className="mt-5 mb-10 text-lg text-muted leading-relaxed">{t('landing.promise')}</p>
          <ChatPreview />
        </div>
        <p className="text-muted text-sm">
          {t('auth.openSource')}{' '}
          <a className="underline underline-offset-3 hover:text-ink" href="/docs">
            {t('common.apiReference')}
          </a>
        </p>
      </aside>
      <main
        id="content"
        tabIndex={-1}
        className="outline-none flex min-w-0 flex-col px-5 pt-[max(2.5rem,env(safe-area-inset-top))] pb-6 sm:px-10"
      >
        <div className="mx-auto w-full max-w-sm sm:mt-[6vh] lg:my-auto">
          <Link
            to="/"
            className="tap mb-8 inline-flex items-center gap-3 font-semibold text-lg lg:hidden"
          >
            <Logo size={36} /> <bdi>{serverName}</bdi>
          </Link>
          <h1
            ref={heading}
            tabIndex={-1}
            className="text-balance font-semibold text-2xl tracking-tight outline-none"
          >
            {title}
          </h1>
          {intro === '' ? (
            <div className="mb-6" />
          ) : (
            <p className="mt-2 mb-7 text-muted">{intro}</p>
          )}
          {children}
          {other !== '' && <p className="mt-7 text-muted text-sm">{other}</p>}
        </div>
        <footer className="mx-auto mt-auto w-full max-w-sm pt-8 lg:mt-0">
          <div className="-ms-2.5">
            <LanguageMenu />
          </div>
        </footer>
      </main>
    </div>
  );
}
