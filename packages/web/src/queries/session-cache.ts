import { onlineManager, type QueryClient } from '@tanstack/react-query';
import { type Changes, followChanges } from './follow-changes.ts';
import { makeQueryClient } from './query-client.ts';

const caches = new WeakMap<Changes, QueryClient>();

/**
 * Returns the cache of a session: each has its own, so that nothing of one account is shown to the next. It is kept up to
 * date, and is emptied when `ended` is aborted: with the session.
 */
export function cacheOf(client: Changes, ended: AbortSignal): QueryClient {
  const known = caches.get(client);
  if (known) return known;
  const cache = makeQueryClient();
  caches.set(client, cache);
  if (ended.aborted) return cache;
  const stops = [followChanges(client, cache), followNetwork(client)];
  ended.addEventListener('abort', () => {
    for (const stop of stops) stop();
    void cache.cancelQueries();
    cache.clear();
  });
  return cache;
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
