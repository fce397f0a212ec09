import type { InputHTMLAttributes, ReactNode } from 'react';
import { cx } from './cx.ts';

/** A labeled checkbox with a hint: the whole row toggles it. */
export function Checkbox({
  label,
  hint,
  className,
  ...rest
}: Omit<InputHTMLAttributes<HTMLInputElement>, 'type'> & { label: ReactNode; hint?: ReactNode }) {
  return (
    <label
      className={cx(
        'flex min-h-10 pointer-coarse:min-h-11 cursor-pointer items-center gap-2.5 text-sm has-disabled:cursor-default has-disabled:opacity-60',
        className,
      )}
    >
      <input
        type="checkbox"
        className="size-4.5 shrink-0 cursor-[inherit] self-start accent-(--accent) [margin-block-start:0.625rem] pointer-coarse:[margin-block-start:0.8125rem]"
        {...rest}
      />
      <span className="min-w-0 py-2 pointer-coarse:py-3">
        {label}
        {hint !== undefined && <span className="block text-muted text-note">{hint}</span>}
      </span>
    </label>
  );
}
