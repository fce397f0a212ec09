import type { ReactNode } from 'react';

/** The content of an empty list: what it lists, and how to start. */
export function Empty({
  icon,
  title,
  actions,
  children,
}: {
  icon: ReactNode;
  title: string;
  /** Buttons that start something. */
  actions?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 rounded-2xl border border-line border-dashed px-6 py-10 text-center">
      <span className="flex size-12 items-center justify-center rounded-2xl bg-accent-soft text-accent-strong">
        {icon}
      </span>
      <p className="mt-1 font-semibold">{title}</p>
      {children !== undefined && <p className="max-w-sm text-muted text-sm">{children}</p>}
      {actions && <div className="mt-2 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}
