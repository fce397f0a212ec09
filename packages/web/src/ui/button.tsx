import type { ButtonHTMLAttributes, MouseEvent, ReactNode } from 'react';
import { type ButtonLook, type ButtonSize, buttonStyle } from './button-style.ts';
import { cx } from './cx.ts';
import { Spinner } from './spinner.tsx';

/**
 * A button with a text label. While busy it shows a spinner, and a click does nothing. It is not `disabled` then, which
 * would take the focus away from it.
 */
export function Button({
  look = 'plain',
  size = 'normal',
  busy = false,
  className,
  children,
  onClick,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: ButtonLook;
  size?: ButtonSize;
  busy?: boolean;
}) {
  return (
    <button
      type="button"
      className={cx(
        'relative',
        busy ? 'cursor-default' : 'disabled:opacity-55',
        buttonStyle(look, size),
        className,
      )}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      {...rest}
      // Also what Enter in a field of the form causes.
      onClick={busy ? ignore : onClick}
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

/** Ignores a click, and does not submit the form. */
function ignore(event: MouseEvent): void {
  event.preventDefault();
  event.stopPropagation();
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
