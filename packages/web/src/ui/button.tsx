import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { type ButtonLook, type ButtonSize, buttonStyle } from './button-style.ts';
import { cx } from './cx.ts';
import { Spinner } from './spinner.tsx';

/** A button with a text label. While busy it shows a spinner and is disabled. */
export function Button({
  look = 'plain',
  size = 'normal',
  busy = false,
  className,
  children,
  disabled,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: ButtonLook;
  size?: ButtonSize;
  busy?: boolean;
}) {
  return (
    <button
      type="button"
      className={cx('relative', !busy && 'disabled:opacity-55', buttonStyle(look, size), className)}
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
  /** For toggle buttons. */
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
        'inline-flex size-10 pointer-coarse:size-11 shrink-0 items-center justify-center rounded-lg transition-colors enabled:hover:bg-hover enabled:hover:text-ink disabled:opacity-50',
        isOn ? 'text-accent' : 'text-muted',
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
