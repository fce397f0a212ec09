import { type TextareaHTMLAttributes, useId } from 'react';
import { cx } from './cx.ts';
import { fieldStyle, LABEL } from './field-style.ts';

/** A labeled field for a text of several lines, with an error. */
export function TextArea({
  label,
  error,
  className,
  ...rest
}: TextareaHTMLAttributes<HTMLTextAreaElement> & { label: string; error?: string | undefined }) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className={`mb-1.5 block ${LABEL}`}>
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        dir="auto"
        aria-invalid={error ? true : undefined}
        aria-describedby={error ? `${id}-note` : undefined}
        className={cx(fieldStyle(Boolean(error)), 'px-3 py-2')}
        {...rest}
      />
      {error && (
        <p id={`${id}-note`} className="mt-1.5 text-note text-danger">
          {error}
        </p>
      )}
    </div>
  );
}
