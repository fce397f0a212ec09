import { type KeyboardEvent, useState } from 'react';
import { type SearchInput, typedFilter, withFilter } from './search-state.ts';
import { type FilterValue, useFilterValues } from './use-filter-values.tsx';

/** The suggested values of the filter that is being typed. */
export interface Suggestions {
  readonly values: readonly FilterValue[];
  readonly isOpen: boolean;
  /** The index of the highlighted value; -1: none. */
  readonly at: number;
  readonly choose: (value: FilterValue) => void;
  /** Handles a key of the field. Returns whether the key was for the suggestions. */
  readonly onKey: (event: KeyboardEvent) => boolean;
}

/** Holds which suggestion is highlighted, and whether the user has closed them for the current text. */
export function useSuggestions(
  { filters, text }: SearchInput,
  /** Called with the search that a chosen value results in. */
  onChoose: (input: SearchInput) => void,
): Suggestions {
  const typed = typedFilter(text);
  const [closedAt, setClosedAt] = useState<string | null>(null);
  const [picked, setPicked] = useState({ text, index: -1 });
  const values = useFilterValues(closedAt === text ? null : (typed?.filter ?? null));
  const isOpen = values.length > 0;
  const at = picked.text === text ? picked.index : -1;
  const choose = ({ value }: FilterValue) => {
    if (!typed) return;
    onChoose({ filters: withFilter(filters, { ...typed.filter, value }), text: typed.before });
  };
  const onKey = ({ key, shiftKey }: KeyboardEvent): boolean => {
    const step = key === 'ArrowDown' ? 1 : key === 'ArrowUp' ? -1 : 0;
    if (isOpen && step !== 0) {
      // From the field, which is at -1, to the first or the last one.
      const count = values.length + 1;
      setPicked({ text, index: ((at + 1 + step + count) % count) - 1 });
      return true;
    }
    const value = values[Math.max(at, key === 'Tab' ? 0 : -1)];
    if ((key === 'Enter' || (key === 'Tab' && !shiftKey)) && value) {
      choose(value);
      return true;
    }
    if (key === 'Escape' && isOpen) {
      setClosedAt(text);
      return true;
    }
    return false;
  };
  return { values, isOpen, at, choose, onKey };
}
