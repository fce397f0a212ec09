import { onlineManager, type QueryClient } from '@tanstack/react-query';
import { type Changes, followChanges } from './follow-changes.ts';
import { makeQueryClient } from './query-client.ts';

const caches = new WeakMap<Changes, QueryClient>();

/** Returns the cache of a session: each has its own, so that nothing of one account is shown to the next. */
export function cacheOf(client: Changes): QueryClient {
  const cache = caches.get(client) ?? makeQueryClient();
  caches.set(client, cache);
  return cache;
}

/**
 * Keeps the cache of a session up to date, and empties it when `ended` is aborted: with the session. Returns a
 * function that stops that.
 */
export function keepCache(client: Changes, ended: AbortSignal): () => void {
  const cache = cacheOf(client);
  const stops = [followChanges(client, cache), followNetwork(client)];
  const empty = () => {
    void cache.cancelQueries();
    cache.clear();
  };
  ended.addEventListener('abort', empty);
  return () => {
    for (const stop of stops) stop();
    ended.removeEventListener('abort', empty);
  };
}

/** Tells the library when requests can be answered. Returns a function that ends it. */
function followNetwork(client: Changes): () => void {
  // The page may have been started without a network; the library learns only of changes.
  onlineManager.setOnline(navigator.onLine);
  return client.subscribe(() => {
    // Browsers are wrong at times: some say that they are offline in virtual machines.
    if (client.snapshot.state === 'live') onlineManager.setOnline(true);
  });
}
