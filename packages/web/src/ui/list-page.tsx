import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { PageHeader } from './page-header.tsx';
import { usePageTitle } from './page-title.tsx';

/** A page with a title, and a list below it that scrolls. */
export function ListPage({
  title,
  actions,
  className = 'px-2 sm:px-4',
  children,
}: {
  title: string;
  /** Buttons next to the title. */
  actions?: ReactNode;
  /** The horizontal padding of the list. Rows with their own padding need less. */
  className?: string;
  children: ReactNode;
}) {
  usePageTitle(title);
  return (
    <div className="flex h-full flex-col">
      <PageHeader>
        <h1 className="flex min-h-10 flex-1 items-center font-semibold">{title}</h1>
        {actions}
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto">
        <div className={cx('mx-auto w-full max-w-3xl py-3', className)}>{children}</div>
      </div>
    </div>
  );
}
