import { Eye, EyeOff } from 'lucide-react';
import { type InputHTMLAttributes, type ReactNode, useId, useState } from 'react';
import { t } from '../texts/index.ts';
import { cx } from './cx.ts';
import { fieldStyle, LABEL } from './field-style.ts';

/** A labeled text input with a hint or an error. */
export function Field({
  label,
  hint,
  error,
  aside,
  type = 'text',
  className,
  ...rest
}: InputHTMLAttributes<HTMLInputElement> & {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  /** Shown at the end of the label’s line; after the input in the tab order. */
  aside?: ReactNode;
}) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const isPassword = type === 'password';
  return (
    <div
      className={cx(
        'grid content-start grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-3 gap-y-1.5',
        className,
      )}
    >
      <label htmlFor={id} className={LABEL}>
        {label}
      </label>
      <div className="relative col-span-2 row-start-2">
        <input
          id={id}
          type={isPassword && shown ? 'text' : type}
          aria-invalid={error ? true : undefined}
          aria-describedby={error || hint ? `${id}-note` : undefined}
          className={cx(fieldStyle(Boolean(error)), 'h-11 px-3', isPassword && 'pe-11')}
          {...rest}
        />
        {isPassword && (
          <button
            type="button"
            onClick={() => setShown(!shown)}
            aria-label={shown ? t('ui.hidePassword') : t('ui.showPassword')}
            className="absolute inset-y-0 end-0 flex w-11 items-center justify-center rounded-e-lg text-muted hover:text-ink"
          >
            {shown ? <EyeOff size={17} /> : <Eye size={17} />}
          </button>
        )}
      </div>
      {aside && <div className="col-start-2 row-start-1">{aside}</div>}
      {(error || hint) && (
        <p
          id={`${id}-note`}
          className={cx('col-span-2 text-note', error ? 'text-danger' : 'text-muted')}
        >
          {error ?? hint}
        </p>
      )}
    </div>
  );
}
