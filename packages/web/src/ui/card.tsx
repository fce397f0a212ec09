import type { ReactNode } from 'react';

/** A section of a settings page, with a title, a description and actions. */
export function Card({
  title,
  description,
  actions,
  children,
}: {
  title: string;
  description?: ReactNode;
  /** Beside the title. */
  actions?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <section className="rounded-2xl border border-line bg-raised p-4 sm:p-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-60">
          <h2 className="font-semibold">{title}</h2>
          {description !== undefined && <p className="mt-1 text-muted text-sm">{description}</p>}
        </div>
        {actions}
      </div>
      {children !== undefined && <div className="mt-4 empty:hidden">{children}</div>}
    </section>
  );
}
