import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { cx } from './cx.ts';
import { Spinner } from './spinner.tsx';

/** `risky` opens a confirmation of something irreversible, `danger` confirms it. */
type Look = 'primary' | 'plain' | 'quiet' | 'risky' | 'danger';

const LOOKS: Record<Look, string> = {
  primary: 'bg-accent text-on-accent enabled:hover:bg-accent-strong',
  plain:
    'border border-edge/60 bg-raised text-ink enabled:hover:border-edge enabled:hover:bg-hover',
  quiet: 'text-soft enabled:hover:bg-hover enabled:hover:text-ink',
  risky:
    'border border-edge/60 bg-raised text-danger enabled:hover:border-danger enabled:hover:bg-danger-soft',
  danger: 'bg-danger text-on-danger enabled:hover:bg-danger-strong',
};
const SIZES = {
  small: 'min-h-8 px-2.5 text-note pointer-coarse:min-h-9',
  normal: 'min-h-10 px-4 text-sm',
};

/** A button with a text label. While it is busy it turns and can’t be pressed again. */
export function Button({
  look = 'plain',
  size = 'normal',
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: Look;
  size?: keyof typeof SIZES;
  busy?: boolean;
}) {
  return (
    <button
      type="button"
      className={cx(
        'relative inline-flex items-center justify-center gap-2 whitespace-nowrap rounded-lg font-medium transition-colors enabled:active:translate-y-px',
        !busy && 'disabled:opacity-55',
        SIZES[size],
        LOOKS[look],
        className,
      )}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {busy && (
        <span className="absolute inset-0 flex items-center justify-center">
          <Spinner size={size === 'small' ? 14 : 16} />
        </span>
      )}
      {/* Keeps its width while busy. */}
      <span className={cx('contents', busy && '*:opacity-0 text-transparent')}>{children}</span>
    </button>
  );
}

/** A button with only an icon; `label` is its accessible name and tooltip. */
export function IconButton({
  label,
  isOn,
  className,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  label: string;
  /** For a button that switches something on and off. */
  isOn?: boolean;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={isOn}
      title={label}
      className={cx(
        'inline-flex size-10 shrink-0 items-center justify-center rounded-lg transition-colors enabled:hover:bg-hover enabled:hover:text-ink disabled:opacity-50',
        isOn ? 'text-accent' : 'text-muted',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
