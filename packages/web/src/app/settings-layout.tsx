import { Link, Navigate, Outlet, useLocation } from '@tanstack/react-router';
import { ArrowLeft, ChevronRight } from 'lucide-react';
import { type ReactNode, useSyncExternalStore } from 'react';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { BackLink } from '../ui/back-link.tsx';
import { cx } from '../ui/cx.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { usePageTitle } from '../ui/page-title.tsx';

/** A page of the settings, as its navigation lists it. */
export interface SettingsEntry {
  readonly to: string;
  readonly text: PlainKey;
  readonly icon: ReactNode;
  /** Shown after the text. */
  readonly badge?: ReactNode;
}

/** A group of the navigation; the title is optional. */
export interface SettingsSection {
  readonly title?: PlainKey;
  readonly entries: readonly SettingsEntry[];
}

/** From this width on, the navigation is next to the page. */
const wide = matchMedia('(min-width: 64rem)');
const useIsWide = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      wide.addEventListener('change', listener);
      return () => wide.removeEventListener('change', listener);
    },
    () => wide.matches,
  );

/**
 * The layout of settings pages. On wide screens, the navigation is next to the page; otherwise it is
 * a separate page at `base` that each page links back to.
 */
export function SettingsLayout({
  title,
  base,
  sections,
}: {
  title: string;
  base: '/settings' | '/admin';
  sections: readonly SettingsSection[];
}) {
  const { pathname } = useLocation();
  const isWide = useIsWide();
  const isList = pathname.replace(/\/$/, '') === base;
  const first = sections[0]?.entries[0];
  if (isList && isWide && first) return <Navigate to={first.to} replace />;
  const navigation = <Navigation title={title} sections={sections} isWide={isWide} />;
  return (
    <div className="flex h-full flex-col">
      <PageHeader back={isList || isWide ? <BackLink /> : <BackToList base={base} title={title} />}>
        {isList ? (
          <ListTitle title={title} />
        ) : (
          <p className="flex min-h-9 items-center truncate font-semibold leading-tight sm:ps-1">
            {title}
          </p>
        )}
      </PageHeader>
      <div className="flex min-h-0 flex-1">
        {(isWide || isList) && navigation}
        {!isList && (
          <div className="min-h-0 min-w-0 flex-1 overflow-y-auto">
            <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 pt-5 pb-[max(2.5rem,env(safe-area-inset-bottom))] sm:px-6">
              <Outlet />
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

function ListTitle({ title }: { title: string }) {
  usePageTitle(title);
  return (
    <h1 className="flex min-h-9 items-center truncate font-semibold leading-tight sm:ps-1">
      {title}
    </h1>
  );
}

function BackToList({ base, title }: { base: '/settings' | '/admin'; title: string }) {
  return (
    <Link
      to={base}
      aria-label={t('settings.backTo', { title })}
      className="inline-flex size-10 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-lg text-muted hover:bg-hover"
    >
      <ArrowLeft size={20} />
    </Link>
  );
}

function Navigation({
  title,
  sections,
  isWide,
}: {
  title: string;
  sections: readonly SettingsSection[];
  isWide: boolean;
}) {
  return (
    <nav
      aria-label={title}
      className={cx('overflow-y-auto p-4', isWide ? 'w-60 shrink-0 pe-0' : 'w-full')}
    >
      {sections.map((section) => (
        <section key={section.entries[0]?.to} className="mb-4 last:mb-0">
          {section.title && (
            <h2 className="px-3 pb-1 font-semibold text-muted text-note">{t(section.title)}</h2>
          )}
          <ul>
            {section.entries.map(({ to, text, icon, badge }) => (
              <li key={to}>
                <Link
                  to={to}
                  className={cx(
                    '-outline-offset-2 flex items-center gap-2.5 rounded-lg px-3 text-sm text-soft transition-colors hover:bg-hover',
                    isWide ? 'min-h-10 pointer-coarse:min-h-11' : 'min-h-12',
                  )}
                  activeProps={{
                    'aria-current': 'page',
                    className: 'bg-selected! font-medium text-ink',
                  }}
                >
                  <span className="text-muted">{icon}</span>
                  <span className="min-w-0 flex-1 truncate">{t(text)}</span>
                  {badge}
                  {!isWide && <ChevronRight size={16} className="shrink-0 text-muted" />}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </nav>
  );
}
