import { type InputHTMLAttributes, useId } from 'react';
import { cx } from './cx.ts';

/**
 * A field for a six-digit code. It is a single input, so that pasting, autofill and screen readers
 * work as usual. `onFull` is called when the sixth digit is entered.
 */
export function CodeField({
  label,
  hint,
  error,
  onFull,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  onFull?: (form: HTMLFormElement) => void;
}) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium text-sm text-soft">
        {label}
      </label>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        autoComplete="one-time-code"
        spellCheck={false}
        // A pasted code may contain a space.
        maxLength={7}
        placeholder="000000"
        aria-invalid={error ? true : undefined}
        aria-describedby={error || hint ? `${id}-note` : undefined}
        onChange={(event) => {
          const { value, form } = event.currentTarget;
          if (form && value.replace(/\s/g, '').length === 6) onFull?.(form);
        }}
        className={cx(
          'h-14 w-full rounded-lg border bg-canvas px-3 text-center font-medium text-2xl text-ink tabular-nums tracking-[0.35em] outline-none transition placeholder:text-edge focus:border-accent focus:ring-3 focus:ring-accent/20',
          error ? 'border-danger' : 'border-edge',
        )}
        {...rest}
      />
      {(error || hint) && (
        <p
          id={`${id}-note`}
          className={cx('mt-1.5 text-note', error ? 'text-danger' : 'text-muted')}
        >
          {error ?? hint}
        </p>
      )}
    </div>
  );
}
