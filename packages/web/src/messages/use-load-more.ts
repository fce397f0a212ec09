import type { Timeline } from '@parley/client';
import { useMemo } from 'react';

/** Loads more messages at either end of a list. */
export interface LoadMore {
  older(): void;
  newer(): void;
  /** Loads again at the end where it was tried last. */
  retry(): void;
}

/**
 * Returns what loads more messages of a timeline or a thread. These are no query: the SDK requests the pages,
 * keeps them, and merges them with the events that arrive.
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
