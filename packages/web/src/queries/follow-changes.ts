import type { ClientEvents, ClientSnapshot } from '@parley/client';
import type { Event } from '@parley/protocol';
import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query';
import { outdatedBy } from './invalidations.ts';
import { keys } from './keys.ts';
import { refresh } from './query-client.ts';

/**
 * Shortest interval between two rounds of requests after events, ms. For a list it is multiplied by
 * its number of pages, all of which are refetched, so that any list makes at most two requests a
 * second.
 */
const REFRESH_EVERY_MS = 500;
/** The prefix of all keys. */
const EVERYTHING: QueryKey = [];

/** The source of changes: the client of a session. */
export interface Changes {
  readonly snapshot: Pick<ClientSnapshot, 'state' | 'activity' | 'openReports'>;
  onEvent(listener: (event: Event) => void): () => void;
  on<K extends 'reset' | 'draft'>(kind: K, listener: (of: ClientEvents[K]) => void): () => void;
  subscribe(listener: () => void): () => void;
}

/**
 * Refetches displayed data that was changed, by anyone: after events, after new revisions of the
 * SDK, and after a reconnection. Returns a function that ends it.
 */
export function followChanges(changes: Changes, queryClient: QueryClient): () => void {
  const outdated = new Map<string, QueryKey>();
  /** The earliest time of the next request of each key, by its hash. */
  const notBefore = new Map<string, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waitOf = (hash: string) => (notBefore.get(hash) ?? 0) - performance.now();
  const round = () => {
    timer = undefined;
    for (const hash of notBefore.keys()) if (waitOf(hash) <= 0) notBefore.delete(hash);
    for (const [hash, queryKey] of outdated) {
      if (notBefore.has(hash)) continue;
      outdated.delete(hash);
      const interval = REFRESH_EVERY_MS * pagesShown(queryClient, queryKey);
      notBefore.set(hash, performance.now() + interval);
      void refresh(queryClient, { queryKey });
    }
    schedule();
  };
  const schedule = () => {
    clearTimeout(timer);
    timer = undefined;
    if (outdated.size === 0) return;
    timer = setTimeout(round, Math.max(0, Math.min(...[...outdated.keys()].map(waitOf))));
  };
  const add = (found: readonly QueryKey[]) => {
    for (const key of found) outdated.set(hashKey(key), key);
    schedule();
  };

  let { activity, openReports } = changes.snapshot;
  let wasLive = changes.snapshot.state === 'live';
  let hasBeenLive = wasLive;
  const onSnapshot = () => {
    const { snapshot } = changes;
    if (snapshot.activity.revision !== activity.revision) add([keys.activity()]);
    if (snapshot.openReports.revision !== openReports.revision) add([keys.reports()]);
    ({ activity, openReports } = snapshot);
    const isLive = snapshot.state === 'live';
    if (isLive && !wasLive) {
      // Not all changes made meanwhile have an event.
      if (hasBeenLive)
        void queryClient.refetchQueries({ type: 'active', stale: true }, { cancelRefetch: false });
      hasBeenLive = true;
    }
    wasLive = isLive;
  };

  const ends = [
    changes.onEvent((event) => add(outdatedBy(event))),
    // Events were skipped.
    changes.on('reset', () => add([EVERYTHING])),
    changes.on('draft', () => add([keys.drafts()])),
    changes.subscribe(onSnapshot),
  ];
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
  };
}

/** Returns the number of pages of the longest list shown under a key; 1 without a list. */
function pagesShown(queryClient: QueryClient, queryKey: QueryKey): number {
  const displayed = queryClient.getQueryCache().findAll({ queryKey, type: 'active' });
  const lengths = displayed.map(
    ({ state }) => (state.data as { pages?: readonly unknown[] } | undefined)?.pages?.length ?? 1,
  );
  return Math.max(1, ...lengths);
}
