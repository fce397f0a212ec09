import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { t } from '../texts/index.ts';
import type { PlainKey } from '../texts/keys.ts';
import { cx } from '../ui/cx.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { usePageTitle } from '../ui/page-title.tsx';

interface Tab {
  readonly to: string;
  readonly text: PlainKey;
  readonly icon: ReactNode;
  /** Shown after the text. */
  readonly badge?: ReactNode;
}

/** A page with tabs: beside the content on wide screens, above it on phones. */
export function TabbedPage({ title, tabs }: { title: string; tabs: readonly Tab[] }) {
  // Keeps the current tab visible where not all of them fit.
  const list = useRef<HTMLUListElement>(null);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the current tab follows the path
  useEffect(() => {
    const current = list.current?.querySelector('[aria-current="page"]');
    current?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [pathname]);
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <p className="flex min-h-9 items-center truncate font-semibold leading-tight sm:ps-1">
          {title}
        </p>
      </PageHeader>
      <div className="flex min-h-0 flex-1 flex-col lg:flex-row">
        <nav
          aria-label={title}
          className="shrink-0 overflow-x-auto border-line border-b [scrollbar-width:none] lg:w-56 lg:border-b-0 lg:p-4 lg:pe-0"
        >
          <ul ref={list} className="flex min-w-max gap-1 px-2 py-1.5 sm:px-4 lg:flex-col lg:p-0">
            {tabs.map(({ to, text, icon, badge }) => (
              <li key={to}>
                <Link
                  to={to}
                  className="flex min-h-10 items-center gap-2.5 rounded-lg px-3 text-sm text-soft transition-colors hover:bg-hover"
                  activeProps={{
                    'aria-current': 'page',
                    className: 'bg-selected! font-medium text-ink',
                  }}
                >
                  <span className="hidden text-muted sm:block">{icon}</span> {t(text)} {badge}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="min-h-0 flex-1 overflow-y-auto">
          <div className="mx-auto flex w-full max-w-3xl flex-col gap-4 px-4 pt-5 pb-[max(2.5rem,env(safe-area-inset-bottom))] sm:px-6">
            <Outlet />
          </div>
        </div>
      </div>
    </div>
  );
}

/** The heading of a tab's content. */
export function PartTitle({
  title,
  description,
  actions,
}: {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
}) {
  usePageTitle(title);
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-4 gap-y-3 pb-1">
      <div className={cx('min-w-0 flex-1', description === undefined ? 'basis-20' : 'basis-56')}>
        <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
        {description !== undefined && <p className="mt-1 text-muted text-sm">{description}</p>}
      </div>
      {actions}
    </div>
  );
}
