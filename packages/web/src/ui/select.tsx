import { ChevronDown } from 'lucide-react';
import { type SelectHTMLAttributes, useId } from 'react';
import { cx } from './cx.ts';

/** A labelled native select: phones show their own picker for it. */
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
      <label
        htmlFor={id}
        className={hiddenLabel ? 'sr-only' : 'mb-1.5 block font-medium text-sm text-soft'}
      >
        {label}
      </label>
      <div className="relative">
        <select
          id={id}
          className={cx(
            'h-11 w-full cursor-pointer appearance-none rounded-lg border border-edge bg-canvas pe-9 ps-3 text-ink outline-none transition',
            'focus:border-accent focus:ring-3 focus:ring-accent/20 disabled:cursor-default disabled:opacity-60',
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
