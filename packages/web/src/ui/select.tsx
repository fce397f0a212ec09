import { ChevronDown } from 'lucide-react';
import { type SelectHTMLAttributes, useId } from 'react';
import { cx } from './cx.ts';
import { fieldStyle, LABEL } from './field-style.ts';

/** A labeled native select: phones show their own picker for it. */
export function Select({
  label,
  options,
  hiddenLabel = false,
  className,
  ...rest
}: SelectHTMLAttributes<HTMLSelectElement> & {
  label: string;
  options: readonly (readonly [value: string, text: string])[];
  hiddenLabel?: boolean;
}) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className={hiddenLabel ? 'sr-only' : `mb-1.5 block ${LABEL}`}>
        {label}
      </label>
      <div className="relative">
        <select
          id={id}
          className={cx(
            fieldStyle(false),
            'h-11 cursor-pointer appearance-none ps-3 pe-9 disabled:cursor-default',
          )}
          {...rest}
        >
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
        <ChevronDown
          size={16}
          className="pointer-events-none absolute top-1/2 end-3 -translate-y-1/2 text-muted"
        />
      </div>
    </div>
  );
}
