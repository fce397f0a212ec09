import { ApiError, type ParleyClient } from '@parley/client';
import type { FoundMessage, SearchProblem } from '@parley/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { errorMessage } from '../lib/text.ts';
import { useClient, useParley } from '../session/use-client.ts';
import { t } from '../texts/index.ts';
import { problemText } from './problem-text.ts';

/** The delay between a keystroke and the search, ms. */
const TYPING_MS = 150;

/** The order of results. */
export type SearchOrder = 'newest' | 'best';

/** The results of a search so far. */
export interface MessageSearchState {
  /** The text that the results are for; null before the first answer. */
  readonly text: string | null;
  readonly items: readonly FoundMessage[];
  readonly problems: readonly SearchProblem[];
  /** The cursor of the next page; null if there is none. */
  readonly next: string | null;
  readonly error: string | null;
  readonly isLoading: boolean;
  /** Whether only the messages on this device were searched, because the server can’t be reached. */
  readonly isHere: boolean;
}

const NOTHING: MessageSearchState = {
  text: null,
  items: [],
  problems: [],
  next: null,
  error: null,
  isLoading: false,
  isHere: false,
};

/** Searches the messages on this device. */
function searchLocally(client: ParleyClient, text: string): MessageSearchState {
  const { items, unsupported } = client.searchLocally(text);
  const problems = unsupported.map((filter) => ({
    filter,
    value: '',
    message: t('search.needsServer', { filter }),
    possible: [],
  }));
  return { text, items, problems, next: null, error: null, isLoading: false, isHere: true };
}

/**
 * Searches messages as the user types. A superseded search is aborted. Offline, the messages on
 * this device are searched instead. Because its results have two sources, it is not a query.
 */
export function useMessageSearch(
  text: string,
  order: SearchOrder,
): MessageSearchState & { loadMore(): void; retry(): void } {
  const client = useClient();
  const isLive = useParley((s) => s.state) === 'live';
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
        const { next } = page;
        const problems = page.problems.map((one) => ({ ...one, message: problemText(one) }));
        const items = [...shown, ...page.items];
        setState({ text, items, problems, next, error: null, isLoading: false, isHere: false });
      } catch (error) {
        if (request.signal.aborted) return;
        if (error instanceof ApiError && error.code === 'network') {
          setState(searchLocally(client, text));
          return;
        }
        setState((now) => ({ ...now, isLoading: false, error: errorMessage(error) }));
      }
    },
    [client, text, order],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: when the server can be reached again, it is asked
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
  }, [load, text, isLive]);

  const { items, next, isLoading } = state;
  const loadMore = () => {
    if (next !== null && !isLoading) void load(items, next);
  };
  // The page that has failed.
  const retry = () => void (state.text === text ? load(items, next) : load([], null));
  return { ...state, loadMore, retry };
}
