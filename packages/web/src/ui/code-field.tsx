import { type InputHTMLAttributes, useId } from 'react';
import { cx } from './cx.ts';
import { fieldStyle, LABEL } from './field-style.ts';

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
      <label htmlFor={id} className={`mb-1.5 block ${LABEL}`}>
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
          fieldStyle(Boolean(error)),
          'h-14 px-3 text-center font-medium text-2xl tabular-nums tracking-[0.35em]',
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
