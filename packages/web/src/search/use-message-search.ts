import type { FoundMessage, SearchProblem } from '@parley/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useClient } from '../session/use-client.ts';

/** The delay between a keystroke and the search, ms. */
const TYPING_MS = 150;

/** The order of results. */
export type SearchOrder = 'newest' | 'best';

/** What a search has found so far. */
export interface MessageSearchState {
  /** The text that the results are for; null before the first answer. */
  readonly text: string | null;
  readonly items: readonly FoundMessage[];
  readonly problems: readonly SearchProblem[];
  /** The cursor of the next page; null if there is none. */
  readonly next: string | null;
  readonly error: string | null;
  readonly isLoading: boolean;
}

const NOTHING: MessageSearchState = {
  text: null,
  items: [],
  problems: [],
  next: null,
  error: null,
  isLoading: false,
};

/** Searches messages as the user types. A search that is no longer wanted is aborted. */
export function useMessageSearch(
  text: string,
  order: SearchOrder,
): MessageSearchState & { loadMore(): void; retry(): void } {
  const client = useClient();
  const [state, setState] = useState(NOTHING);
  const running = useRef<AbortController | null>(null);

  const load = useCallback(
    async (shown: readonly FoundMessage[], cursor: string | null) => {
      running.current?.abort();
      const request = new AbortController();
      running.current = request;
      setState((now) => ({ ...now, isLoading: true, error: null }));
      try {
        const page = await client.api.searchMessages(
          { query: text, sort: order, ...(cursor !== null && { cursor }) },
          { signal: request.signal },
        );
        if (request.signal.aborted) return;
        const { problems, next } = page;
        const items = [...shown, ...page.items];
        setState({ text, items, problems, next, error: null, isLoading: false });
      } catch (error) {
        if (request.signal.aborted) return;
        setState((now) => ({ ...now, isLoading: false, error: errorMessage(error) }));
      }
    },
    [client, text, order],
  );

  useEffect(() => {
    if (text.trim() === '') {
      setState(NOTHING);
      return;
    }
    const timer = setTimeout(() => void load([], null), TYPING_MS);
    return () => {
      clearTimeout(timer);
      running.current?.abort();
    };
  }, [load, text]);

  const { items, next, isLoading } = state;
  const loadMore = () => {
    if (next !== null && !isLoading) void load(items, next);
  };
  // The page that has failed.
  const retry = () => void (state.text === text ? load(items, next) : load([], null));
  return { ...state, loadMore, retry };
}
