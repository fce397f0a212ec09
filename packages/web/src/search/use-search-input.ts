import { useNavigate, useSearch } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { readSearch, type SearchInput, writeSearch } from './search-state.ts';

/** The search that is being typed. */
export interface TypedSearch {
  readonly input: SearchInput;
  /** The search as a text, as it is in the URL. */
  readonly query: string;
  readonly change: (next: SearchInput) => void;
}

/** Holds the search that is being typed, and keeps the URL the same. A link to another search replaces it. */
export function useSearchInput(field: RefObject<HTMLInputElement | null>): TypedSearch {
  const { q } = useSearch({ from: '/inside/pages/search' });
  const navigate = useNavigate();
  const [input, setInput] = useState(() => readSearch(q));
  /**
   * The search that this page has put into the URL: anything else is a new search, for instance
   * from a link.
   */
  const written = useRef(q);
  useEffect(() => {
    if (q === written.current) return;
    written.current = q;
    setInput(readSearch(q));
    field.current?.focus();
  }, [q, field]);
  const change = (next: SearchInput) => {
    setInput(next);
    written.current = writeSearch(next);
    void navigate({ to: '/search', search: { q: written.current }, replace: true });
  };
  return { input, query: writeSearch(input), change };
}
