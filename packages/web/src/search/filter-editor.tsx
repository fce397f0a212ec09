import { SEARCH_FILTERS, type SearchFilter } from '@parley/protocol';
import { Popover } from 'radix-ui';
import { type ReactNode, useId, useState } from 'react';
import { t } from '../texts/index.ts';
import { Button } from '../ui/button.tsx';
import { Field } from '../ui/field.tsx';
import { FilterValues, optionId } from './filter-values.tsx';
import { FILTER_TITLES, type FilterValue, useFilterValues } from './use-filter-values.tsx';

/** Edits a filter in a popover next to its trigger. */
export function FilterEditor({
  filter,
  onChange,
  onRemove,
  children,
}: {
  filter: SearchFilter;
  onChange: (filter: SearchFilter) => void;
  /** Removes the filter, if it is not a new one. */
  onRemove?: () => void;
  /** The button that opens the popover. */
  children: ReactNode;
}) {
  const [isOpen, setOpen] = useState(false);
  const choose = (change: Partial<SearchFilter>) => {
    onChange({ ...filter, ...change });
    setOpen(false);
  };
  const { takes, negatable } = SEARCH_FILTERS[filter.name];
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>{children}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="start"
          sideOffset={6}
          collisionPadding={12}
          aria-label={t(FILTER_TITLES[filter.name])}
          className="surface-in z-50 w-72 rounded-xl border border-line bg-raised p-2 shadow-overlay"
        >
          {takes === 'date' ? (
            <DateValue filter={filter} onChoose={(value) => choose({ value })} />
          ) : (
            <NamedValue filter={filter} onChoose={(value) => choose({ value })} />
          )}
          {onRemove && (
            <div className="mt-1 flex flex-wrap gap-1 border-line border-t pt-2">
              {negatable && (
                <Button look="quiet" onClick={() => choose({ isNegated: !filter.isNegated })}>
                  {t(filter.isNegated ? 'search.include' : 'search.exclude')}
                </Button>
              )}
              <Button look="quiet" onClick={onRemove}>
                {t('search.removeFilter')}
              </Button>
            </div>
          )}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface ValueProps {
  filter: SearchFilter;
  onChoose: (value: string) => void;
}

/** Chooses among values or names. */
function NamedValue({ filter, onChoose }: ValueProps) {
  const id = useId();
  const [text, setText] = useState('');
  const [picked, setPicked] = useState(0);
  const values = useFilterValues({ name: filter.name, value: text });
  const choose = ({ value }: FilterValue) => onChoose(value);
  const label = t(FILTER_TITLES[filter.name]);
  const at = Math.min(picked, values.length - 1);
  return (
    <>
      <input
        role="combobox"
        aria-label={label}
        aria-expanded={values.length > 0}
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 ? optionId(id, at) : undefined}
        placeholder={label}
        autoComplete="off"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setPicked(0);
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          const value = values[at];
          if (step !== 0 && values.length > 0) {
            setPicked((at + step + values.length) % values.length);
          } else if (event.key === 'Enter' && value) choose(value);
          else return;
          event.preventDefault();
        }}
        className="h-10 pointer-coarse:h-11 w-full rounded-lg border border-edge bg-canvas px-3 text-sm outline-none focus:border-accent focus:ring-3 focus:ring-accent/20"
      />
      <FilterValues id={id} label={label} values={values} picked={at} onChoose={choose} />
    </>
  );
}

/** Chooses a day, or one of the days that have a name. */
function DateValue({ filter, onChoose }: ValueProps) {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(filter.value);
  const [day, setDay] = useState(isDay ? filter.value : '');
  const named = useFilterValues({ name: filter.name, value: '' });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        // The surrounding page has its own form.
        event.stopPropagation();
        if (day !== '') onChoose(day);
      }}
    >
      <div className="mb-2 flex gap-1.5">
        {named.map(({ value, title }) => (
          <Button key={value} onClick={() => onChoose(value)}>
            {title}
          </Button>
        ))}
      </div>
      <Field
        label={t('search.date')}
        type="date"
        value={day}
        onChange={(event) => setDay(event.target.value)}
      />
      <Button type="submit" look="primary" className="mt-2 w-full" disabled={day === ''}>
        {t('search.apply')}
      </Button>
    </form>
  );
}
