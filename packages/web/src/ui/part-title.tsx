import type { ReactNode } from 'react';
import { cx } from './cx.ts';
import { usePageTitle } from './page-title.tsx';

/** The heading of a page of the settings. */
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
