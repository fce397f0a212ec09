import type { Timeline } from '@parley/client';
import { useMemo } from 'react';

/** Loads more messages at either end of a list. */
export interface LoadMore {
  older(): void;
  newer(): void;
  /** Retries at the end where loading was tried last. */
  retry(): void;
}

/**
 * Returns functions that load more messages of a timeline or a thread. This is not a query: the SDK requests the
 * pages, keeps them, and merges them with events.
 */
export function useLoadMore(of: Pick<Timeline, 'loadOlder' | 'loadNewer'>): LoadMore {
  return useMemo(() => {
    const older = () => {
      last = older;
      void of.loadOlder();
    };
    const newer = () => {
      last = newer;
      void of.loadNewer();
    };
    let last = older;
    return { older, newer, retry: () => last() };
  }, [of]);
}
