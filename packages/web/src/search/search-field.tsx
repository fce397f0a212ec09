import { type KeyboardEvent, type RefObject, useId } from 'react';
import { t } from '../texts/index.ts';
import { FilterValues, optionId } from './filter-values.tsx';
import { readSearch, type SearchInput, withEntered, withTyped } from './search-state.ts';
import { useSuggestions } from './use-suggestions.ts';

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
  const suggestions = useSuggestions(input, (chosen) => {
    onChange(chosen);
    field.current?.focus();
  });
  const { values, isOpen, at, choose } = suggestions;
  const handleKey = (event: KeyboardEvent<HTMLInputElement>): boolean => {
    const { key, currentTarget } = event;
    if (suggestions.onKey(event)) return true;
    if (key === 'Enter') {
      // A filter at the end is complete now.
      onChange(withEntered(input, text));
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
          onChange(withEntered(input, pasted.trim()));
        }}
        onKeyDown={(event) => {
          if (handleKey(event)) event.preventDefault();
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
