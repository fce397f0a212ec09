import type { ParleyClient } from '@parley/client';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { cacheOf, keepCache } from './session-cache.ts';

/** Provides the cache of a session to the components below. */
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
  useEffect(() => keepCache(client, ended), [client, ended]);
  return <QueryClientProvider client={cacheOf(client)}>{children}</QueryClientProvider>;
}
