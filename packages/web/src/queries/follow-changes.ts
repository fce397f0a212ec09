import type { ClientEvents, ClientSnapshot } from '@parley/client';
import type { Event } from '@parley/protocol';
import { hashKey, type QueryClient, type QueryKey } from '@tanstack/react-query';
import { outdatedBy } from './invalidations.ts';
import { keys } from './keys.ts';
import { refresh } from './query-client.ts';

/** Shortest interval between two rounds of requests after events, ms: many may arrive at once. */
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
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastRound = Number.NEGATIVE_INFINITY;
  const round = () => {
    timer = undefined;
    lastRound = performance.now();
    const found = [...outdated.values()];
    outdated.clear();
    for (const queryKey of found) void refresh(queryClient, { queryKey });
  };
  const add = (found: readonly QueryKey[]) => {
    for (const key of found) outdated.set(hashKey(key), key);
    if (outdated.size === 0 || timer !== undefined) return;
    timer = setTimeout(round, Math.max(0, lastRound + REFRESH_EVERY_MS - performance.now()));
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
