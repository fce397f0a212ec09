import { QueryClientProvider } from '@tanstack/react-query';
import { Outlet } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useSession } from '../session/session.ts';
import { cacheOf } from './session-cache.ts';

/** Provides the cache of the session, if there is one, to the components below. */
export function QueryProvider({ children }: { children: ReactNode }) {
  const session = useSession();
  if (session.state !== 'in') return children;
  const cache = cacheOf(session.client, session.ended.signal);
  return <QueryClientProvider client={cache}>{children}</QueryClientProvider>;
}

/** Provides it to the page that is open. */
export function QueryOutlet() {
  return (
    <QueryProvider>
      <Outlet />
    </QueryProvider>
  );
}
