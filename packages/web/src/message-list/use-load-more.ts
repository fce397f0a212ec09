import type { Timeline } from '@parley/client';
import { useMemo } from 'react';
import type { VListHandle } from 'virtua';

/** More messages are loaded within this distance from either end, px. */
const LOAD_MORE = 500;

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

/** Loads more messages if an end of the list is near; newer ones only while the list is at rest. */
export function loadNearEnds(
  more: LoadMore,
  { scrollOffset, scrollSize, viewportSize }: VListHandle,
  { hasOlder, hasNewer, loading, error }: Timeline['snapshot'],
  isSettled: boolean,
): void {
  if (loading !== null || error !== null) return;
  if (scrollOffset < LOAD_MORE && hasOlder) more.older();
  else if (scrollSize - scrollOffset - viewportSize < LOAD_MORE && hasNewer && isSettled) {
    more.newer();
  }
}
