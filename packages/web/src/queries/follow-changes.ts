import type { ClientEvents, ClientSnapshot } from '@parley/client';
import type { Event } from '@parley/protocol';
import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query';
import { outdatedBy } from './invalidations.ts';
import { keys } from './keys.ts';
import { refresh } from './query-client.ts';

/**
 * Shortest interval between two rounds of requests after events, ms: many may arrive at once. For a list it is as much
 * longer as it has pages, all of which are requested again: however long it is, it makes two requests a second at most.
 */
const REFRESH_EVERY_MS = 500;
/** The prefix of all keys. */
const EVERYTHING: QueryKey = [];

/** What tells of changes: the client of a session. */
export interface Changes {
  readonly snapshot: Pick<ClientSnapshot, 'state' | 'activity' | 'openReports'>;
  onEvent(listener: (event: Event) => void): () => void;
  on<K extends 'reset' | 'draft'>(kind: K, listener: (of: ClientEvents[K]) => void): () => void;
  subscribe(listener: () => void): () => void;
}

/**
 * Requests again what is shown and was changed, by anyone: after events, after revisions of the SDK, and when
 * the connection is back. Returns a function that ends it.
 */
export function followChanges(changes: Changes, queryClient: QueryClient): () => void {
  const outdated = new Map<string, QueryKey>();
  /** When keys are requested again at the earliest, by their hash. */
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
      // Not everything that was changed meanwhile has an event.
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

/** Returns how many pages the longest list has that is shown under a key; 1 without a list. */
function pagesShown(queryClient: QueryClient, queryKey: QueryKey): number {
  const shown = queryClient.getQueryCache().findAll({ queryKey, type: 'active' });
  const lengths = shown.map(
    ({ state }) => (state.data as { pages?: readonly unknown[] } | undefined)?.pages?.length ?? 1,
  );
  return Math.max(1, ...lengths);
}
