import { cx } from '../ui/cx.ts';
import type { FilterValue } from './use-filter-values.tsx';

/** The options of a combobox for the value of a filter. The field that names it keeps the focus and handles the keys. */
export function FilterValues({
  id,
  label,
  values,
  picked,
  onChoose,
}: {
  id: string;
  label: string;
  values: readonly FilterValue[];
  /** The index of the option that Enter chooses; -1: none. */
  picked: number;
  onChoose: (value: FilterValue) => void;
}) {
  return (
    <div id={id} role="listbox" aria-label={label} className="max-h-72 overflow-y-auto p-1">
      {values.map((one, n) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field handles the keys
        <div
          key={one.value}
          id={optionId(id, n)}
          role="option"
          // The focus stays in the field, which names the active option.
          tabIndex={-1}
          aria-selected={n === picked}
          ref={(element) => {
            if (n === picked) element?.scrollIntoView({ block: 'nearest' });
          }}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(one)}
          className={cx(
            'flex min-h-10 pointer-coarse:min-h-11 cursor-pointer items-center gap-2.5 rounded-lg px-2 text-sm',
            n === picked ? 'bg-selected' : 'hover:bg-hover',
          )}
        >
          {one.icon && (
            <span className="flex size-6 shrink-0 items-center justify-center text-muted">
              {one.icon}
            </span>
          )}
          <bdi className="min-w-0 flex-1 truncate">{one.title}</bdi>
          {one.note !== null && <span className="text-caption text-muted">{one.note}</span>}
        </div>
      ))}
    </div>
  );
}

/** Returns the id of an option of {@link FilterValues}. */
export const optionId = (id: string, n: number): string => `${id}-${n}`;
