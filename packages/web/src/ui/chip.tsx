import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { cx } from './cx.ts';

/** A filter, or a chosen item, that can be switched on and off or removed. */
export function Chip({
  children,
  isOn,
  onClick,
  onRemove,
  removeLabel,
}: {
  children: ReactNode;
  /** Whether the filter applies; undefined for an item that is only removed. */
  isOn?: boolean;
  onClick?: () => void;
  onRemove?: () => void;
  /** The name of the button that removes it. */
  removeLabel?: string;
}) {
  const content = <span className="truncate">{children}</span>;
  return (
    <span
      className={cx(
        'inline-flex h-compact max-w-full items-center rounded-full border text-note transition-colors',
        isOn ? 'border-accent bg-accent-soft text-accent-strong' : 'border-edge text-soft',
        onClick && 'hover:bg-hover',
      )}
    >
      {onClick ? (
        <button
          type="button"
          aria-pressed={isOn}
          onClick={onClick}
          className={cx(
            'tap flex h-full min-w-0 items-center gap-1.5 rounded-full px-3',
            onRemove && 'pe-1',
          )}
        >
          {content}
        </button>
      ) : (
        <span className={cx('flex min-w-0 items-center gap-1.5 ps-3', onRemove ? 'pe-1' : 'pe-3')}>
          {content}
        </span>
      )}
      {onRemove && (
        <button
          type="button"
          aria-label={removeLabel}
          onClick={onRemove}
          className="tap inline-flex aspect-square h-full shrink-0 items-center justify-center rounded-full hover:bg-hover hover:text-ink"
        >
          <X size={14} />
        </button>
      )}
    </span>
  );
}
