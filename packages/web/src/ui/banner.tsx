import { CircleAlert, CircleCheck, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';

const TONES = {
  info: ['bg-accent-soft text-ink', <Info key="i" size={17} className="text-accent-strong" />],
  ok: ['bg-ok-soft text-ok', <CircleCheck key="o" size={17} />],
  warn: ['bg-warn-soft text-warn', <TriangleAlert key="w" size={17} />],
  danger: ['bg-danger-soft text-danger', <CircleAlert key="d" size={17} />],
} as const;

/** A message about its context: an error, a warning, or information. */
export function Banner({
  tone = 'info',
  actions,
  role = tone === 'danger' ? 'alert' : 'status',
  children,
}: {
  tone?: keyof typeof TONES;
  /** Buttons at its end. */
  actions?: ReactNode;
  /** How it is announced; `none` inside an element that announces it. */
  role?: 'alert' | 'status' | 'none';
  children: ReactNode;
}) {
  const [look, icon] = TONES[tone];
  return (
    <div
      role={role}
      className={cx(
        'flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg px-3.5 py-2.5 text-sm',
        look,
      )}
    >
      <span className="flex min-w-0 flex-1 basis-52 gap-2.5">
        <span aria-hidden="true" className="shrink-0 pt-px">
          {icon}
        </span>
        <span className="min-w-0 [overflow-wrap:anywhere]">{children}</span>
      </span>
      {actions}
    </div>
  );
}
