import { type KeyboardEvent, type RefObject, useId, useState } from 'react';
import { t } from '../texts/index.ts';
import { FilterValues, optionId } from './filter-values.tsx';
import {
  readSearch,
  type SearchInput,
  typedFilter,
  withFilter,
  withTyped,
} from './search-state.ts';
import { type FilterValue, useFilterValues } from './use-filter-values.tsx';

/**
 * The field of the search page. While the value of a filter is typed, such as `from:an`, it
 * suggests values; a chosen one becomes a chip. Backspace at its start removes the last chip.
 */
export function SearchField({
  input,
  field,
  onChange,
  onSubmit,
  onKeyDown,
}: {
  input: SearchInput;
  field: RefObject<HTMLInputElement | null>;
  onChange: (input: SearchInput) => void;
  /** Called on Enter, if no suggestion is chosen by it. */
  onSubmit: () => void;
  /** Handles keys that the field does not. */
  onKeyDown: (event: KeyboardEvent) => void;
}) {
  const id = useId();
  const { filters, text } = input;
  const typed = typedFilter(text);
  const [closed, setClosed] = useState<string | null>(null);
  const [picked, setPicked] = useState({ text, index: -1 });
  const values = useFilterValues(closed === text ? null : (typed?.filter ?? null));
  const isOpen = values.length > 0;
  const at = picked.text === text ? picked.index : -1;
  const choose = ({ value }: FilterValue) => {
    if (!typed) return;
    onChange({ filters: withFilter(filters, { ...typed.filter, value }), text: typed.before });
    field.current?.focus();
  };
  const handle = (event: KeyboardEvent<HTMLInputElement>): boolean => {
    const { key, currentTarget } = event;
    const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
    if (isOpen && step !== 0) {
      // From the field, which is at -1, to the first or the last one.
      const count = values.length + 1;
      setPicked({ text, index: ((at + 1 + step + count) % count) - 1 });
      return true;
    }
    const value = values[Math.max(at, key === 'Tab' ? 0 : -1)];
    if ((key === 'Enter' || (key === 'Tab' && !event.shiftKey)) && value) {
      choose(value);
      return true;
    }
    if (key === 'Escape' && isOpen) {
      setClosed(text);
      return true;
    }
    if (key === 'Enter') {
      // A filter at the end is complete now.
      onChange(withTyped(input, `${text} `, true));
      onSubmit();
      return true;
    }
    if (key === 'Backspace' && currentTarget.selectionEnd === 0 && filters.length > 0) {
      onChange({ filters: filters.slice(0, -1), text });
      return true;
    }
    return false;
  };
  return (
    <div className="relative min-w-0 flex-1">
      <input
        ref={field}
        type="search"
        data-search-field
        role="combobox"
        value={text}
        maxLength={1000}
        autoComplete="off"
        spellCheck={false}
        aria-label={t('search.field')}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && at >= 0 ? optionId(id, at) : undefined}
        placeholder={t('search.field')}
        onChange={(event) => onChange(withTyped(input, event.target.value))}
        onPaste={(event) => {
          // A whole search: its last filter is complete as well.
          const pasted = event.clipboardData.getData('text/plain');
          if (text !== '' || readSearch(pasted).filters.length === 0) return;
          event.preventDefault();
          onChange(withTyped(input, `${pasted.trim()} `, true));
        }}
        onKeyDown={(event) => {
          if (handle(event)) event.preventDefault();
          else onKeyDown(event);
        }}
        className="h-10 pointer-coarse:h-11 w-full rounded-lg border border-edge bg-canvas px-3 outline-none focus:border-accent focus:ring-3 focus:ring-accent/20"
      />
      {isOpen && (
        <div className="surface-in absolute inset-x-0 top-full z-20 mt-1 rounded-xl border border-line bg-raised shadow-overlay">
          <FilterValues
            id={id}
            label={t('search.values')}
            values={values}
            picked={at}
            onChoose={choose}
          />
        </div>
      )}
    </div>
  );
}
