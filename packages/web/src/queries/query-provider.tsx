import type { ParleyClient } from '@parley/client';
import { onlineManager, type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { followChanges } from './follow-changes.ts';
import { makeQueryClient } from './query-client.ts';

const caches = new WeakMap<ParleyClient, QueryClient>();

/** Returns the cache of a session: each has its own, so that nothing of one account is shown to the next. */
function cacheOf(client: ParleyClient): QueryClient {
  const found = caches.get(client) ?? makeQueryClient();
  caches.set(client, found);
  return found;
}

/** Tells the library when requests can be answered. Returns a function that ends it. */
function followNetwork(client: ParleyClient): () => void {
  // The page may have been started without a network; the library learns only of changes.
  onlineManager.setOnline(navigator.onLine);
  return client.subscribe(() => {
    // Browsers are wrong at times: some say that they are offline in virtual machines.
    if (client.snapshot.state === 'live') onlineManager.setOnline(true);
  });
}

/** Provides the cache of a session to the components below, and empties it when the session ends. */
export function QueryProvider({
  client,
  ended,
  children,
}: {
  client: ParleyClient;
  /** Aborted when the session ends. */
  ended: AbortSignal;
  children: ReactNode;
}) {
  const queryClient = cacheOf(client);
  useEffect(() => {
    const ends = [followChanges(client, queryClient), followNetwork(client)];
    const empty = () => {
      void queryClient.cancelQueries();
      queryClient.clear();
    };
    ended.addEventListener('abort', empty);
    return () => {
      for (const end of ends) end();
      ended.removeEventListener('abort', empty);
    };
  }, [client, queryClient, ended]);
  return <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>;
}
